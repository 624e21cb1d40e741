'use strict';
// Data comes as scripts, since a page from a folder may not read other files. Everything from evidence goes in as text, never as markup.
(() => {
  const perPage = 100, perMore = 500;
  const states = ['allocated', 'deleted', 'orphan'];
  const $ = id => document.getElementById(id);
  const head = window.cairnHead;
  const rows = [];
  const more = new Map();
  let wanted = [], page = 0, sort = 0, down = false, chosen = 0, loaded = 0, waiting = null, failed = false;

  // A row: id, exhibit, volume, path, stream, state, type, mime, size, modified, sha256, hits, file, small
  const columns = [
    { name: 'Row', key: r => r[0], text: r => String(r[0]), style: 'number' },
    { name: 'Path', key: r => r[3], text: r => r[3], style: 'path' },
    { name: 'State', key: r => r[5], text: r => states[r[5]], style: '' },
    { name: 'Content', key: r => r[7], text: r => r[7] || r[6], style: '' },
    { name: 'Bytes', key: r => r[8], text: r => r[8].toLocaleString('en-GB'), style: 'number' },
    { name: 'Modified (UTC)', key: r => r[9], text: r => r[9].replace('T', ' ').replace(/\.\d+/, '').replace('Z', ''), style: 'when' },
    { name: 'Hits', key: r => r[11], text: r => r[11], style: 'hit' },
    { name: 'Copy here', key: r => r[12] ? 0 : 1, text: r => r[12] ? 'yes' : 'no', style: '' }
  ];

  const element = (name, text, style) => {
    const made = document.createElement(name);
    if (text !== undefined) { made.textContent = text; }
    if (style) { made.className = style; }
    return made;
  };
  const load = (src, then) => {
    const script = document.createElement('script');
    script.src = src;
    script.onload = () => { script.remove(); then(true); };
    script.onerror = () => { script.remove(); then(false); };
    document.head.append(script);
  };
  const number = n => String(n).padStart(5, '0');

  window.cairnList = (which, list) => {
    for (const row of list) { rows.push(row); }
    loaded = which;
  };
  window.cairnMore = (which, list) => more.set(which, list);

  function loadList(which) {
    if (which > head.lists) { return; }
    load('data/list-' + number(which) + '.js', ok => {
      if (!ok || loaded !== which) { failed = true; }
      // Showing costs more than loading: now and then is enough.
      if (which === 1 || which === head.lists || which % 10 === 0 || failed) { refresh(); }
      if (!failed) { loadList(which + 1); }
    });
  }

  function matches() {
    const words = $('search').value.toLowerCase().split(/\s+/).filter(w => w);
    const exhibit = $('exhibit').value, state = $('state').value, kind = $('kind').value, hits = $('hits').value;
    return row => {
      if (exhibit !== '' && row[1] !== Number(exhibit)) { return false; }
      if (state !== '' && states[row[5]] !== state) { return false; }
      if (kind !== '' && !row[7].startsWith(kind)) { return false; }
      if (hits !== '' && (row[11] !== '') !== (hits === '1')) { return false; }
      if (words.length === 0) { return true; }
      const text = (row[3] + ' ' + row[4] + ' ' + row[7] + ' ' + row[10]).toLowerCase();
      return words.every(w => text.includes(w));
    };
  }

  function refresh() {
    const test = matches();
    wanted = [];
    for (let i = 0; i < rows.length; i++) { if (test(rows[i])) { wanted.push(i); } }
    const key = columns[sort].key, sign = down ? -1 : 1;
    wanted.sort((a, b) => {
      const x = key(rows[a]), y = key(rows[b]);
      return x < y ? -sign : x > y ? sign : a - b;
    });
    show();
  }

  function show() {
    const pages = Math.max(1, Math.ceil(wanted.length / perPage));
    page = Math.min(Math.max(0, page), pages - 1);
    const body = document.createDocumentFragment();
    for (const at of wanted.slice(page * perPage, (page + 1) * perPage)) {
      const row = rows[at];
      const line = element('tr', undefined, row[0] === chosen ? 'chosen' : row[5] === 0 ? '' : 'gone');
      for (const column of columns) {
        const cell = element('td', undefined, column.style);
        if (column.style === 'path') {
          const open = element('button', (row[3] || '/') + (row[4] ? ':' + row[4] : ''));
          open.type = 'button';
          open.id = 'row-' + row[0];
          open.onclick = () => choose(at);
          cell.append(open);
        } else {
          cell.textContent = column.text(row);
        }
        line.append(cell);
      }
      body.append(line);
    }
    $('rows').replaceChildren(body);
    $('page').value = String(page + 1);
    $('page').max = String(pages);
    $('pages').textContent = 'of ' + pages.toLocaleString('en-GB');
    $('first').disabled = $('previous').disabled = page === 0;
    $('next').disabled = $('last').disabled = page === pages - 1;
    const count = wanted.length.toLocaleString('en-GB') + ' of ' + rows.length.toLocaleString('en-GB') + ' entries';
    $('status').textContent = failed ? 'A file of this folder is missing or damaged: data/list-' + number(loaded + 1) + '.js. ' + count + ' can be shown.'
      : loaded < head.lists ? 'Loading… ' + count : wanted.length === 0 ? 'No entry fits. ' + count : count;
    [...$('head').children].forEach((cell, i) => cell.setAttribute('aria-sort', i !== sort ? 'none' : down ? 'descending' : 'ascending'));
  }

  function choose(at) {
    const row = rows[at], which = Math.floor(at / perMore) + 1;
    chosen = row[0];
    show();
    const then = () => { if (chosen === row[0]) { tell(row, (more.get(which) || [])[at % perMore]); } };
    if (more.has(which)) { then(); } else { load('data/more-' + number(which) + '.js', then); }
  }

  function tell(row, facts) {
    $('one').hidden = false;
    $('one-heading').textContent = 'Row ' + row[0] + ': ' + (row[3].split('/').pop() || '/') + (row[4] ? ':' + row[4] : '');
    const list = document.createDocumentFragment();
    const add = (name, value) => { if (value !== undefined && value !== '' && value !== null) { list.append(element('dt', name), element('dd', value)); } };
    add('Path', '/' + row[3] + (row[4] ? ':' + row[4] : ''));
    add('Exhibit', head.exhibits[row[1]]);
    add('Volume', row[2] < 0 ? '' : String(row[2]));
    add('State', states[row[5]]);
    for (const [name, value] of facts || [['Details', 'cannot be shown: the file that holds them is missing or damaged']]) { add(name, value); }
    if (row[12]) {
      const cell = element('dd'), link = element('a', row[12]);
      link.href = row[12];
      link.target = '_blank';
      link.rel = 'noopener noreferrer';
      cell.append(link, element('span', ' (opens the original, not blurred; it comes from evidence and may be harmful)'));
      list.append(element('dt', 'Copy in this folder'), cell);
    }
    $('facts').replaceChildren(list);
    picture(row);
    $('one-heading').focus();
    $('one').scrollIntoView({ block: 'start' });
  }

  function picture(row) {
    const place = $('picture');
    place.replaceChildren();
    if (!row[13]) { return; }
    const image = element('img', undefined, 'blurred'), frame = element('div', undefined, 'frame'), button = element('button', 'Show the picture');
    image.src = 'small/' + String(Math.floor(row[0] / 1000)).padStart(7, '0') + '/' + String(row[0]).padStart(10, '0') + '.jpg';
    image.alt = 'Small picture of row ' + row[0] + ', blurred';
    button.type = 'button';
    button.setAttribute('aria-pressed', 'false');
    button.onclick = () => reveal(image, button, image.classList.contains('blurred'));
    frame.append(image);
    place.append(frame, element('br'), button);
  }

  function reveal(image, button, visible) {
    image.classList.toggle('blurred', !visible);
    image.alt = image.alt.replace(/, .*$/, visible ? ', shown' : ', blurred');
    button.textContent = visible ? 'Hide the picture' : 'Show the picture';
    button.setAttribute('aria-pressed', String(visible));
  }

  function start() {
    if (!head) {
      $('status').textContent = 'A file of this folder is missing or damaged: data/case.js.';
      return;
    }
    document.title = 'Portable case ' + head.title;
    $('title').textContent = 'Portable case ' + head.title;
    $('about').textContent = head.about;
    for (const [name, lines] of head.sections) {
      $('case').append(element('h3', name));
      for (const line of lines) { $('case').append(element('p', line)); }
    }
    if (head.report) {
      const link = element('a', 'The report');
      link.href = head.report;
      link.target = '_blank';
      link.rel = 'noopener noreferrer';
      $('case').append(link);
    }
    head.exhibits.forEach((name, i) => {
      const option = element('option', name);
      option.value = String(i);
      $('exhibit').append(option);
    });
    columns.forEach((column, i) => {
      const cell = element('th'), button = element('button', column.name);
      cell.scope = 'col';
      button.type = 'button';
      button.onclick = () => { down = sort === i ? !down : false; sort = i; page = 0; refresh(); };
      cell.append(button);
      $('head').append(cell);
    });
    $('filters').addEventListener('submit', e => e.preventDefault());
    $('filters').addEventListener('reset', () => setTimeout(() => { page = 0; refresh(); }));
    $('filters').addEventListener('input', () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => { page = 0; refresh(); }, 150);
    });
    $('first').onclick = () => { page = 0; show(); };
    $('previous').onclick = () => { page--; show(); };
    $('next').onclick = () => { page++; show(); };
    $('last').onclick = () => { page = Infinity; show(); };
    $('page').onchange = () => { page = (Number($('page').value) || 1) - 1; show(); };
    $('close').onclick = () => {
      $('one').hidden = true;
      $('picture').replaceChildren();
      const back = $('row-' + chosen);
      (back || $('search')).focus();
    };
    document.addEventListener('keydown', e => {
      if (e.key === 'Escape') {
        for (const image of document.querySelectorAll('#picture img')) { reveal(image, $('picture').querySelector('button'), false); }
      }
    });
    show();
    loadList(1);
  }

  start();
})();
