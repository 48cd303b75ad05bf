// What Swift cannot say to libmaxminddb itself: reads take variable arguments, and values come in an anonymous union.
#pragma once
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
// After the system's headers: it narrows _POSIX_C_SOURCE where nobody has chosen yet.
#include <maxminddb.h>

/// A database that is open, or NULL: then `status` is a code of libmaxminddb and `fault` the errno of it, or 0.
static inline MMDB_s *plenary_mmdb_open(const char *path, int *status, int *fault) {
    *fault = 0;
    MMDB_s *database = calloc(1, sizeof(MMDB_s));
    if (database == NULL) {
        *status = MMDB_OUT_OF_MEMORY_ERROR;
        return NULL;
    }
    errno = 0;
    *status = MMDB_open(path, MMDB_MODE_MMAP, database);
    if (*status == MMDB_SUCCESS) return database;
    if (*status == MMDB_FILE_OPEN_ERROR || *status == MMDB_IO_ERROR) *fault = errno;
    free(database);
    return NULL;
}

static inline void plenary_mmdb_close(MMDB_s *database) {
    MMDB_close(database);
    free(database);
}

/// Whether the database knows the address; then `entry` is where its record begins.
static inline bool plenary_mmdb_find(const MMDB_s *database, const struct sockaddr *address, MMDB_entry_s *entry) {
    int status = MMDB_SUCCESS;
    MMDB_lookup_result_s found = MMDB_lookup_sockaddr(database, address, &status);
    if (status != MMDB_SUCCESS || !found.found_entry) return false;
    *entry = found.entry;
    return true;
}

/// `bits` in the order of the machine.
static inline bool plenary_mmdb_find_v4(const MMDB_s *database, uint32_t bits, MMDB_entry_s *entry) {
    struct sockaddr_in address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(bits);
    return plenary_mmdb_find(database, (const struct sockaddr *)&address, entry);
}

/// Both halves in the order of the machine.
static inline bool plenary_mmdb_find_v6(const MMDB_s *database, uint64_t high, uint64_t low, MMDB_entry_s *entry) {
    struct sockaddr_in6 address;
    memset(&address, 0, sizeof address);
    address.sin6_family = AF_INET6;
    for (int index = 0; index < 8; index++) {
        address.sin6_addr.s6_addr[index] = (uint8_t)(high >> (56 - 8 * index));
        address.sin6_addr.s6_addr[8 + index] = (uint8_t)(low >> (56 - 8 * index));
    }
    return plenary_mmdb_find(database, (const struct sockaddr *)&address, entry);
}

/// The UTF-8 at a path of up to three names, of which NULL ends a shorter one; NULL when there is no text. It lies in
/// the database, as long as that is open, and no NUL ends it.
static inline const uint8_t *plenary_mmdb_text(
    MMDB_entry_s entry, const char *first, const char *second, const char *third, uint32_t *length) {
    MMDB_entry_data_s value;
    *length = 0;
    if (MMDB_get_value(&entry, &value, first, second, third, NULL) != MMDB_SUCCESS) return NULL;
    if (!value.has_data || value.type != MMDB_DATA_TYPE_UTF8_STRING) return NULL;
    *length = value.data_size;
    return (const uint8_t *)value.utf8_string;
}

/// The floating-point number at a path of two names: how many bits it has in the database (64 or 32), or 0 for none.
static inline int plenary_mmdb_number(MMDB_entry_s entry, const char *first, const char *second, double *number) {
    MMDB_entry_data_s value;
    if (MMDB_get_value(&entry, &value, first, second, NULL) != MMDB_SUCCESS || !value.has_data) return 0;
    switch (value.type) {
    case MMDB_DATA_TYPE_DOUBLE:
        *number = value.double_value;
        return 64;
    case MMDB_DATA_TYPE_FLOAT:
        *number = (double)value.float_value;
        return 32;
    default:
        return 0;
    }
}
