// A capture as a page that needs nothing else: for the report of a failed test. Everything that a peer sent is escaped.

const most = 2000; // rows; a report is for looking, the .tscap has everything
const longest = 1000; // characters of a message

const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (value) => String(value).replace(/[&<>"']/g, (sign) => entities[sign]);

export function page(title, records) {
  const shown = records.filter(({ kind }) => kind !== 'transit').slice(-most);
  const left = records.length - shown.length;
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}</title><style>
body { font: 14px system-ui, sans-serif; margin: 1rem } table { border-collapse: collapse; width: 100% }
td, th { text-align: left; vertical-align: top; padding: 2px 8px; border-bottom: 1px solid #8884 } td:last-child { font-family: monospace; white-space: pre-wrap; overflow-wrap: anywhere }
.bad td { background: #f442 } .out td:nth-child(4) { color: #06c }
</style><h1>${escaped(title)}</h1><p>${shown.length} records${left > 0 ? `; ${left} more are in the .tscap file only` : ''}</p>
<table><tr><th>#<th>time<th>connection<th>direction<th>what<th>content</tr>
${shown.map(row).join('\n')}
</table></html>
`;
}

function row(record) {
  const { seq, time, conn, dir = '', kind, frame, marks = [], code, reason, body, text, base64 } = record;
  const violations = frame?.violations ?? [];
  const what = [frame?.type ?? kind, ...marks, ...violations].join(', ');
  const content = (body ?? { text, base64 }).text ?? (body ?? { base64 }).base64 ?? [code, reason].filter(Boolean).join(' ');
  const cut = content.length > longest ? `${content.slice(0, longest)}… (${content.length - longest} more characters)` : content;
  const names = `${violations.length ? 'bad' : ''} ${dir === 'out' ? 'out' : ''}`.trim();
  const arrow = { out: '→ server', in: '← client' }[dir] ?? '';
  return `<tr class="${names}">${[seq, time, conn, arrow, what, cut].map((cell) => `<td>${escaped(cell)}</td>`).join('')}</tr>`;
}
