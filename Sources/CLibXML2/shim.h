#pragma once

// The headers of libxml2 draw in those of the system's ICU when libxml2 was built with it, for two members of a struct
// that is not used here. Foundation brings an ICU of its own, another version with other enumerations of the same names,
// and a Swift module that sees both cannot be compiled. So they are left out. Only pointers to that struct
// (`xmlCharEncodingHandler`) may ever be used: its size is not the library's any more.
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>
