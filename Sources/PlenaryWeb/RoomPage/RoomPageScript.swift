/// The script of the room page. Everything works without it; with it times are local, the name stays on the device, and a page that
/// waits goes on by itself.
enum RoomPageScript {
    static let text = """
        'use strict';
        (function () {
          var language = document.documentElement.lang;
          var find = function (selector) { return document.querySelector(selector); };

          // Times of the visitor.
          document.querySelectorAll('time[datetime]').forEach(function (element) {
            var time = new Date(element.dateTime);
            if (isNaN(time)) { return; }
            element.textContent = new Intl.DateTimeFormat(language, {
              dateStyle: 'full', timeStyle: 'short'
            }).format(time);
          });

          // The time that is left. When it is over the page is asked for again, and never sent again.
          var row = find('[data-until]');
          if (row) {
            var until = Date.parse(row.dataset.until);
            // The visitor's clock may be wrong: what counts is how far the server's is from it.
            var ahead = Date.parse(row.dataset.now) - Date.now();
            var shown = row.querySelector('[role=timer]');
            var pad = function (number) { return String(number).padStart(2, '0'); };
            var tick = function () {
              var left = Math.ceil((until - Date.now() - ahead) / 1000);
              if (left <= 0) { clearInterval(timer); location.replace(row.dataset.then); return; }
              var days = Math.floor(left / 86400);
              var clock = pad(Math.floor(left / 3600) % 24) + ':' + pad(Math.floor(left / 60) % 60) + ':' + pad(left % 60);
              shown.textContent = days > 0
                ? new Intl.NumberFormat(language, { style: 'unit', unit: 'day', unitDisplay: 'long' }).format(days) + ' ' + clock
                : clock;
            };
            var timer = setInterval(tick, 1000);
            row.hidden = false;
            tick();
          }

          // What is wrong is read first.
          var errors = find('.errors');
          if (errors) { errors.focus(); }

          // The name of this device. A browser may refuse to keep anything: then it does not.
          var key = 'plenary.name';
          var keep = function (name) {
            try {
              if (name === null) { localStorage.removeItem(key); } else { localStorage.setItem(key, name); }
            } catch (refused) { return; }
          };
          var kept = function () {
            try { return localStorage.getItem(key); } catch (refused) { return null; }
          };
          var name = find('#name');
          var remember = find('#remember');
          if (name && remember && name.value === '' && kept()) {
            name.value = kept();
            remember.checked = true;
          }

          // A form is sent once: starting a meeting takes a while.
          var form = find('form[data-join]');
          if (form) {
            var button = form.querySelector('button');
            var label = button.textContent;
            form.addEventListener('submit', function (event) {
              if (button.getAttribute('aria-disabled') === 'true') { event.preventDefault(); return; }
              if (name && remember) { keep(remember.checked ? name.value : null); }
              button.setAttribute('aria-disabled', 'true');
              button.textContent = form.dataset.busy;
            });
            // Back from the meeting by the browser's button.
            addEventListener('pageshow', function () {
              button.removeAttribute('aria-disabled');
              button.textContent = label;
            });
          }

          var target = find('a[data-go]');
          if (target) { location.replace(target.href); }

          // Waiting: the server tells when it goes on; where it cannot, it is asked.
          var wait = find('[data-wait]');
          if (!wait) { return; }
          var ticket = wait.querySelector('input[name="ticket"]');
          var place = find('#place');
          var sound = find('#sound');
          var most = 30;
          var pause = Math.min(Math.max(Number(wait.dataset.retry) || 5, 1), most);
          var failures = 0;
          var source = null;
          var done = false;
          var audio = null;

          if (sound && window.AudioContext) {
            sound.parentElement.hidden = false;
            sound.addEventListener('change', function () {
              // Browsers let a page sound only after it was asked to.
              if (sound.checked && !audio) { audio = new AudioContext(); }
            });
          }
          var ring = function () {
            if (!sound || !sound.checked || !audio) { return 0; }
            var tone = audio.createOscillator();
            var volume = audio.createGain();
            volume.gain.value = 0.2;
            tone.frequency.value = 660;
            tone.connect(volume).connect(audio.destination);
            tone.start();
            tone.stop(audio.currentTime + 0.35);
            return 450;
          };
          // The form goes the same way as without a script, so there is one way only.
          var proceed = function (rings) {
            if (done) { return; }
            done = true;
            if (source) { source.close(); }
            setTimeout(function () {
              if (ticket) { wait.submit(); } else { location.replace(wait.dataset.again); }
            }, rings ? ring() : 0);
          };
          var show = function (position) {
            if (!place || typeof position !== 'number') { return; }
            var text = place.dataset.text.replace('{place}', new Intl.NumberFormat(language).format(position));
            // A screen reader reads what changes; the same again is no news.
            if (place.textContent !== text) { place.textContent = text; }
          };
          var later = function (seconds) {
            setTimeout(ask, (seconds + Math.random() * seconds / 4) * 1000);
          };
          var own = function (address) {
            var url = new URL(address, location.href);
            return url.pathname + url.search;
          };
          function listen(address) {
            if (done || !address || !window.EventSource || failures >= 3) { later(pause); return; }
            source = new EventSource(own(address));
            source.addEventListener('state', function (event) {
              var told;
              try { told = JSON.parse(event.data); } catch (broken) { return; }
              failures = 0;
              if (told.state === 'ready') { proceed(true); }
              else if (told.state === 'closed') { proceed(false); }
              else if (wait.dataset.reason && told.reason && told.reason !== wait.dataset.reason) { proceed(false); }
              else { show(told.queue_position); }
            });
            source.onerror = function () {
              source.close();
              failures += 1;
              later(pause);
            };
          }
          function ask() {
            if (done) { return; }
            if (!ticket || !wait.dataset.api) { proceed(false); return; }
            fetch(wait.dataset.api, {
              method: 'POST',
              headers: { 'Content-Type': 'application/json', 'Accept': 'application/json' },
              body: JSON.stringify({ ticket: ticket.value }),
              credentials: 'same-origin',
              cache: 'no-store'
            }).then(function (answer) {
              if (answer.status === 429 || answer.status >= 500) { throw new Error('later'); }
              return answer.json().then(function (told) {
                if (answer.status !== 202) {
                  if (answer.status === 200 && told.redirect_url) {
                    // Again by the form: its answer brings what the browser keeps for coming back.
                    proceed(true);
                  } else {
                    proceed(false);
                  }
                  return;
                }
                if (told.ticket) { ticket.value = told.ticket; }
                if (told.reason && told.reason !== wait.dataset.reason) { proceed(false); return; }
                show(told.queue_position);
                pause = Math.min(pause * 2, most);
                listen(told.events_url || '');
              });
            }).catch(function () {
              pause = Math.min(pause * 2, most);
              later(pause);
            });
          }
          listen(wait.dataset.events);
        })();

        """
}
