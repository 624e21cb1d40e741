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
    const own = event.target instanceof Element && event.target.closest('button, a, summary, [role=tab]') && (event.key === 'Enter' || event.key === ' ');
    if (page && !own && page.keys.includes(event.key) && !event.repeat | (page && page.repeat.includes(event.key))) {
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
    focus(selector) { const element = document.querySelector(selector); if (element) { element.focus({ preventScroll: true }); element.scrollIntoView({ block: 'nearest' }); } },
    rows(selector) { const box = document.querySelector(selector); return box ? Math.max(5, Math.floor(box.clientHeight / 29) - 1) : 20; },
    size(selector) { const box = document.querySelector(selector); return box ? [box.clientWidth, box.clientHeight] : [800, 600]; },
    // Scrolling goes over a window of rows that the server moves; edges ask for more.
    edges(selector, ref) {
      const box = document.querySelector(selector);
      if (!box || box.dataset.edges) return;
      box.dataset.edges = 'yes';
      let busy = false;
      box.addEventListener('scroll', async () => {
        if (busy) return;
        const down = box.scrollTop + box.clientHeight > box.scrollHeight - 600;
        const up = box.scrollTop < 600;
        if (!down && !up) return;
        busy = true;
        const anchor = [...box.querySelectorAll('[data-id]')].find((e) => e.getBoundingClientRect().bottom > box.getBoundingClientRect().top + 60);
        const id = anchor && anchor.dataset.id;
        const before = anchor && anchor.getBoundingClientRect().top;
        try {
          const moved = await ref.invokeMethodAsync('OnEdge', down);
          if (moved && id) requestAnimationFrame(() => {
            const again = box.querySelector(`[data-id="${id}"]`);
            if (again) box.scrollTop += again.getBoundingClientRect().top - before;
          });
        } catch { /* the page is gone */ }
        setTimeout(() => { busy = false; }, 30);
      }, { passive: true });
    },
    top(selector) { const box = document.querySelector(selector); if (box) box.scrollTop = 0; },
    // Widths and heights that are data: set here, so that no style attribute has to be allowed.
    bars() { for (const bar of document.querySelectorAll('[data-share]')) bar.style.setProperty('--share', bar.dataset.share); },
  };
})();
