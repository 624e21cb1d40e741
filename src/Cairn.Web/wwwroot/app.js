// The browser's side: keys, theme, looking by press and hold, passkeys. No library, no other host.
window.cairn = (function () {
  const inText = (target) => target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) &&
    !(target instanceof HTMLInputElement && /^(checkbox|radio|button|submit)$/.test(target.type));
  let page = null; // the page that listens to keys
  let waitingForG = 0;

  function theme() {
    const root = document.documentElement;
    root.dataset.theme = root.dataset.theme === 'dark' ? 'light' : 'dark';
    localStorage.setItem('theme', root.dataset.theme);
  }

  function sheet() {
    const dialog = document.getElementById('keys');
    if (dialog && !dialog.open) dialog.showModal();
  }

  function go(letter) {
    const base = location.pathname.match(/^\/case\/[^/]+/);
    const to = letter === 'c' ? '/' : base && { o: base[0], f: base[0] + '/files', p: base[0] + '/gallery' }[letter];
    if (to) Blazor.navigateTo(to);
  }

  document.addEventListener('click', (event) => {
    const act = event.target instanceof Element && event.target.closest('[data-act]');
    if (!act) return;
    if (act.dataset.act === 'theme') theme();
    if (act.dataset.act === 'keys') sheet();
  });

  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (document.querySelector('dialog[open]')) return;
    if (inText(event.target)) {
      if (event.key === 'Escape') event.target.blur();
      return;
    }
    if (event.key === '?') { sheet(); event.preventDefault(); return; }
    if (event.key === 'D' && event.shiftKey) { theme(); event.preventDefault(); return; }
    if (Date.now() - waitingForG < 1200) { waitingForG = 0; go(event.key); event.preventDefault(); return; }
    if (event.key === 'g' && !(page && page.keys.includes('g'))) { waitingForG = Date.now(); return; }
    if (event.key === '/') { const box = document.querySelector('[data-find]'); if (box) { box.focus(); event.preventDefault(); } return; }
    // A key on a button or link is that one's own.
    const own = event.target instanceof Element && ((event.target.closest('button, a, summary') && (event.key === 'Enter' || event.key === ' ')) || event.target.closest('[role=tree], [role=tablist], input[type=range]'));
    if (page && !own && page.keys.includes(event.key) && (!event.repeat || page.repeat.includes(event.key))) {
      event.preventDefault();
      if (event.key === ' ' && page.hold) { hold(true); return; }
      page.ref.invokeMethodAsync('OnKey', event.key, event.shiftKey);
    }
  });
  document.addEventListener('keyup', (event) => { if (event.key === ' ' && page && page.hold) hold(false); });

  // Looking at a picture: fetched when the press begins, gone when it ends.
  let held = null;
  function show(tile) {
    if (held || !tile) return;
    const image = document.createElement('img');
    image.alt = '';
    image.className = 'clear';
    image.src = tile.dataset.clear;
    tile.classList.add('looked-at');
    tile.append(image);
    held = { tile, image, since: performance.now() };
  }
  function hide() {
    if (!held) return;
    const { tile, image, since } = held;
    held = null;
    image.remove();
    image.src = '';
    tile.classList.remove('looked-at');
    if (page) page.ref.invokeMethodAsync('OnLooked', Number(tile.dataset.id), Math.round(performance.now() - since));
  }
  function hold(down) { if (down) show(document.querySelector('[data-clear][aria-selected=true], [data-clear][data-current]')); else hide(); }
  document.addEventListener('pointerdown', (event) => {
    const tile = event.button === 0 && event.target instanceof Element && event.target.closest('[data-clear]');
    if (tile) { show(tile); event.preventDefault(); if (page) page.ref.invokeMethodAsync('OnPicked', Number(tile.dataset.id)); }
  });
  for (const name of ['pointerup', 'pointercancel', 'blur']) window.addEventListener(name, hide);
  document.addEventListener('visibilitychange', () => { if (document.hidden) hide(); });
  document.addEventListener('dragstart', (event) => { if (event.target instanceof Element && event.target.closest('[data-clear]')) event.preventDefault(); });
  document.addEventListener('contextmenu', (event) => { if (event.target instanceof Element && event.target.closest('[data-clear]')) event.preventDefault(); });

  // The session goes on while somebody is there; the server is told once a minute at most.
  let told = Date.now();
  function alive() {
    if (Date.now() - told < 60000 || !document.querySelector('main[data-live]')) return;
    told = Date.now();
    const token = document.querySelector('input[name=__RequestVerificationToken]');
    if (token) fetch('/session/alive', { method: 'POST', headers: { 'X-Cairn-Form': token.value } });
  }
  for (const name of ['pointermove', 'keydown', 'wheel']) document.addEventListener(name, alive, { passive: true });

  // Passkeys: the browser makes and proves them, the server says for what.
  document.addEventListener('submit', async (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.dataset.passkey || form.elements.credential.value) return;
    event.preventDefault();
    const complaint = form.querySelector('[role=alert]');
    try {
      const kind = form.dataset.passkey;
      const token = form.elements.__RequestVerificationToken.value;
      const answer = await fetch(kind === 'get' ? '/sign-in/passkey/options' : '/me/passkey/options', { method: 'POST', headers: { 'X-Cairn-Form': token } });
      if (!answer.ok) throw new Error('The server gave no answer (' + answer.status + ').');
      const options = await answer.json();
      const credential = kind === 'get'
        ? await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) })
        : await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
      form.elements.credential.value = JSON.stringify(credential.toJSON());
      form.submit();
    } catch (error) {
      complaint.textContent = 'No passkey was given. ' + (error && error.message ? error.message : '');
      complaint.hidden = false;
    }
  });

  return {
    listen(ref, keys, repeat, holds) { page = { ref, keys, repeat: repeat || [], hold: !!holds }; },
    unlisten(ref) { if (page && (!ref || page.ref === ref)) { hide(); page = null; } },
    hideAll: hide,
    connection(up) { document.documentElement.classList.toggle('offline', !up); },
    remember(name, value) { if (value === null) return localStorage.getItem(name); localStorage.setItem(name, value); return value; },
    address(path) { history.replaceState(history.state, '', path); },
    dialog(id) { const d = document.getElementById(id); if (d && !d.open) d.showModal(); },
    close(id) { const d = document.getElementById(id); if (d && d.open) d.close(); },
    // A long list: the page is told of size, wheel and slider; what it draws is what is on the screen.
    list(selector, ref) {
      const box = document.querySelector(selector);
      if (!box) return;
      const tell = (name, ...values) => ref.invokeMethodAsync(name, ...values).catch(() => {});
      new ResizeObserver(() => tell('OnSize', box.clientWidth, box.clientHeight)).observe(box);
      let turned = 0, waiting = false;
      box.addEventListener('wheel', (event) => {
        if (event.ctrlKey) return;
        event.preventDefault();
        turned += event.deltaMode === 1 ? event.deltaY : event.deltaY / (Number(box.dataset.line) || 29);
        if (waiting) return;
        waiting = true;
        requestAnimationFrame(async () => {
          const lines = Math.trunc(turned);
          turned -= lines;
          if (lines) await tell('OnScrollBy', lines);
          waiting = false;
        });
      }, { passive: false });
      const slider = box.parentElement.querySelector('input.slide');
      if (slider) {
        let busy = false, last = null;
        slider.addEventListener('input', async () => {
          last = Number(slider.value);
          if (busy) return;
          busy = true;
          while (last !== null) { const to = last; last = null; await tell('OnScrollTo', to); }
          busy = false;
        });
      }
      tell('OnSize', box.clientWidth, box.clientHeight);
    },
    // Widths and heights that are data: set here, so that no style attribute has to be allowed.
    bars() { for (const bar of document.querySelectorAll('[data-share]')) bar.style.setProperty('--share', bar.dataset.share); },
  };
})();
