#!/usr/bin/env bash
# shots.sh: takes the README's screenshots of the real panel and console with real demo traffic.
set -euo pipefail
addr=127.0.0.1:7391
mkdir -p docs
said=$(mktemp)
trap 'kill -INT %1 2>/dev/null || true; wait; rm -f "$said"' EXIT

# shot PAGE FILE [FLAGS...]: a server for each picture, since its key gives one browser access, once.
shot() {
  bin/tetherscope -addr "$addr" >"$said" &
  until node -e "fetch('http://$addr/healthz').catch(() => process.exit(1))"; do sleep 0.1; done
  go run ./internal/test/chrome/shot -url "http://$addr$1?$(grep -om1 'key=[A-Z0-9]*' "$said")" -out "docs/$2" -w 1440 -h 760 "${@:3}"
  kill -INT %1
  wait
}

# The panel: play the demo, show frames, take a masked and compressed one apart.
shot /panel/ panel.png -eval "(async () => {
  const until = async (look) => { for (;;) { const found = look(); if (found) return found; await new Promise((r) => setTimeout(r, 50)); } };
  const show = (n) => document.querySelector('[data-counter=\"' + n + '\"] .value').textContent;
  (await until(() => document.querySelector('[data-do=\"demo\"]'))).click();
  await until(() => Number(show('frames')) > 140);
  document.querySelector('[data-do=\"view\"][data-arg=\"1\"]').click();
  await until(() => document.querySelector('[data-do=\"view\"][data-arg=\"1\"]').getAttribute('aria-pressed') === 'true');
  document.querySelector('#grid').scrollTop = 0;
  const row = await until(() => [...document.querySelectorAll('#grid .row')].find((r) => r.querySelector('.c-dir').textContent === '↑' && r.querySelector('.c-flags').textContent.includes('z')));
  row.click();
  await until(() => document.querySelector('[data-do=\"tab\"]'));
  [...document.querySelectorAll('[data-do=\"tab\"]')].find((b) => b.textContent === 'Frame').click();
  await until(() => document.querySelector('[data-testid=\"bits\"]'));
  await new Promise((r) => setTimeout(r, 300));
})()"
shot / console.png -eval "(async () => {
  const until = async (look) => { while (!look()) await new Promise((r) => setTimeout(r, 50)); };
  const count = () => Number(document.querySelector('#n-received').textContent);
  await until(() => document.querySelector('#state').dataset.state === 'open');
  for (const [kind, text] of [['text', 'hello, wire'], ['json', '{\"price\": 101.5, \"symbol\": \"TTHR\"}'], ['floats', '1, 0.5, -2'], ['blob', 'a few bytes']]) {
    const before = count();
    document.querySelector('#kind-' + kind).click();
    const box = document.querySelector('#message'); box.value = text; box.dispatchEvent(new Event('input', { bubbles: true }));
    document.querySelector('#send').click();
    await until(() => count() > before);
  }
})()"
ls -la docs
