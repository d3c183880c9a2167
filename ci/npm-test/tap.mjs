// The tap: a tetherscope process of one test, and what it captured. The program does the work; this starts it and reads its JSON lines.

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { page } from './page.mjs';

/** startTap starts the program and returns once it listens. */
export async function startTap(options = {}) {
  const tap = new Tap(options);
  try {
    await tap.started;
  } catch (error) {
    await tap.close();
    throw error;
  }
  return tap;
}

export class Tap {
  #binary;
  #folder = mkdtempSync(join(tmpdir(), 'tetherscope-test-'));
  #server;
  #ended;
  #targets = new Map();
  #token;

  constructor({ binary = process.env.TETHERSCOPE_BIN || 'tetherscope', targets = {}, rules = '', proxy = false, args = [] } = {}) {
    this.#binary = binary;
    const flags = ['-addr', '127.0.0.1:0', '-config', 'none', '-log', 'off', ...args];
    for (const [name, url] of Object.entries(targets)) flags.push('-target', `${name}=${url}`);
    if (proxy) flags.push('-proxy', '127.0.0.1:0');
    if (rules) {
      const file = join(this.#folder, 'rules');
      writeFileSync(file, rules);
      flags.push('-faults', file);
    }
    this.started = this.#start(flags);
  }

  #spawn(args, more) {
    return spawn(this.#binary, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, XDG_RUNTIME_DIR: this.#folder }, ...more });
  }

  async #start(flags) {
    const server = this.#spawn(flags);
    this.#server = server;
    let errors = '';
    server.stderr.setEncoding('utf8').on('data', (text) => (errors = (errors + text).slice(-4000)));
    const failed = new Promise((_, reject) => {
      server.on('error', (error) => reject(missing(this.#binary, error)));
      this.#ended = new Promise((resolve) => server.on('close', resolve));
      this.#ended.then((code) => reject(new Error(`${this.#binary} ended with exit code ${code}:\n${errors}`)));
    });
    failed.catch(() => {}); // after the start no caller waits for it
    await Promise.race([failed, this.#announced(server)]);
  }

  // The program prints its addresses and then how to stop it. What follows is read so that its pipe stays empty.
  #announced(server) {
    return new Promise((resolve) => {
      let name;
      createInterface({ input: server.stdout }).on('line', (line) => {
        const at = (pattern) => pattern.exec(line)?.[1];
        this.url ??= at(/^ {2}panel +(https?:\/\/[^/]+)/);
        this.proxy ??= at(/^ {2}proxy +(http:\/\/\S+)/);
        if (line.startsWith('Press Ctrl-C')) resolve();
        const target = /^ {2}(\S+) +(wss?:\/\/\S+) {2}in place of /.exec(line);
        if (target) this.#targets.set((name = target[1]), target[2]);
        const address = at(/^ +(wss?:\/\/\S+) {2}for programs that cannot resolve/);
        if (address) this.#targets.set(name, address);
      });
    });
  }

  target(name) {
    const url = this.#targets.get(name);
    if (url === undefined) throw new Error(`there is no target "${name}": the tap was started with ${JSON.stringify([...this.#targets.keys()])}`);
    return url;
  }

  async find(query = '') {
    const { code, lines, errors } = await this.#run(['show', '-json', '-now', '-query', query, this.url]);
    if (code !== 0) throw new Error(errors.trim());
    return lines.map((line) => JSON.parse(line)).filter(({ kind }) => kind !== undefined);
  }

  async waitFor(query, { timeout = 5000 } = {}) {
    const child = this.#spawn(['show', '-json', '-query', query, this.url]);
    let expired = false;
    const timer = setTimeout(() => {
      expired = true;
      child.kill();
    }, timeout);
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text) => (errors += text));
    const ended = new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
    let found;
    for await (const line of createInterface({ input: child.stdout })) {
      found = JSON.parse(line);
      if (found.kind !== undefined) break;
    }
    child.kill();
    const code = await ended;
    clearTimeout(timer);
    if (found?.kind !== undefined) return found;
    if (code && !expired) throw new Error(errors.trim());
    return undefined;
  }

  async violations() {
    const { code, lines, errors } = await this.#run(['lint', '-json', '-now', this.url]);
    if (code !== 0 && code !== 1) throw new Error(errors.trim());
    return lines.map((line) => JSON.parse(line));
  }

  async setRules(text) {
    const answer = await this.#call('PUT', '/api/rules', { text });
    return answer.text;
  }

  async save(file) {
    const { code, errors } = await this.#run(['record', '-now', '-force', '-o', file, this.url]);
    if (code !== 0) throw new Error(errors.trim());
  }

  async page(title = 'WebSocket traffic') {
    return page(title, await this.find());
  }

  async close() {
    if (this.#server?.exitCode === null && this.#server.pid) {
      this.#server.kill();
      const timer = setTimeout(() => this.#server.kill('SIGKILL'), 10_000);
      await this.#ended;
      clearTimeout(timer);
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #run(args) {
    const child = this.#spawn(args);
    let out = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (errors += text));
    const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
    return { code, errors, lines: out.split('\n').filter(Boolean) };
  }

  async #call(method, path, body) {
    this.#token ??= await this.#session();
    const response = await fetch(this.url + path, {
      method,
      headers: { 'Content-Type': 'application/json', 'X-Tetherscope-Token': this.#token },
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.error);
    return answer;
  }

  // The program leaves its key in a folder that only this user can read.
  async #session() {
    const folder = join(this.#folder, 'tetherscope');
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.json') || !file.includes('.'))) {
      const { url, key } = JSON.parse(readFileSync(join(folder, name), 'utf8'));
      if (url !== this.url) continue;
      const response = await fetch(`${url}/api/session`, { headers: { 'X-Tetherscope-Key': key } });
      return (await response.json()).token;
    }
    throw new Error(`${folder} has no key of ${this.url}`);
  }
}

function missing(binary, error) {
  if (error.code !== 'ENOENT') return error;
  return new Error(`@tetherscope/test cannot find the program "${binary}": install tetherscope (go install github.com/tetherscope/tetherscope@latest, or a release), or say where it is with the option binary or TETHERSCOPE_BIN`);
}

/** textOf returns what the application got as text, or null for a message that is not text. */
export function textOf({ body, text }) {
  return (body ?? { text }).text ?? null;
}
