// A PostgreSQL cluster of one server's own, made as the tests in Rust make theirs (tests/src/postgres.rs): temporary folder, free port,
// unprivileged user. It can be stopped and started, and is gone in the end, however that comes.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const OLDEST = 15;
/** PostgreSQL refuses to run as root; `nobody` does. */
const NOBODY = { uid: 65534, gid: 65534 };
const PROGRAMS = ['initdb', 'pg_ctl', 'postgres'];

/** The folder `TEST_POSTGRES_BIN` names, otherwise the newest installed version's that is not too old. */
function binaries() {
  const versions = '/usr/lib/postgresql';
  const installed = fs.existsSync(versions) ? fs.readdirSync(versions).map(Number).filter((number) => number >= OLDEST) : [];
  const folders = [process.env.TEST_POSTGRES_BIN, ...installed.sort((a, b) => b - a).map((number) => path.join(versions, `${number}/bin`))].filter(Boolean);
  const found = folders.find((folder) => PROGRAMS.every((name) => fs.existsSync(path.join(folder, name))));
  if (!found) throw new Error(`missing: PostgreSQL ${OLDEST} or newer (cargo xtask test installs it)`);
  return found;
}

/** Starts a cluster at a port of this machine. Its superuser needs no password. */
export function startCluster(port) {
  const bin = binaries();
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'streamflow-browser-pg-'));
  const user = process.getuid() === 0 ? NOBODY : {};
  if (user.uid) fs.chownSync(root, user.uid, user.gid);
  const as = { cwd: root, env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' }, ...user };
  const control = ['-D', path.join(root, 'data'), '-s', '-w'];
  const run = (name, words) => execFileSync(path.join(bin, name), words, { ...as, stdio: ['ignore', 'ignore', 'inherit'] });

  // Reads until our end of the line is gone: closed by us, or with this process, whatever ended it. Out of reach of a terminal's Ctrl-C.
  // What is killed is the process whose number the cluster has written down.
  const last = `read -r _; "$0" -m immediate "$@" stop 2>/dev/null; cd /; rm -rf '${root}'`;
  const warden = spawn('sh', ['-c', last, path.join(bin, 'pg_ctl'), ...control], { ...as, detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  const ended = once(warden, 'exit');
  // What is left running keeps no test file from ending.
  for (const handle of [warden, warden.stdin]) handle.unref();

  // What its processes share lies with its data: elsewhere a killed one would leave it.
  const settings = `-c dynamic_shared_memory_type=mmap -p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='${root}' -c fsync=off`;
  const start = () => run('pg_ctl', [...control, '-l', path.join(root, 'log'), '-o', settings, 'start']);
  /** With whoever is connected. */
  const stop = () => run('pg_ctl', [...control, '-m', 'fast', 'stop']);
  const end = async () => {
    warden.ref();
    warden.stdin.end();
    await ended;
  };
  run('initdb', ['--auth=trust', '--username=postgres', '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync', '-D', path.join(root, 'data')]);
  start();
  return { url: `postgres://postgres@127.0.0.1:${port}/postgres`, start, stop, end };
}
