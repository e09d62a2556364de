// A certificate that is made when a test needs one, signed with its own key: X.509 (RFC 5280) in DER, ECDSA with P-256.

import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

const DAY_MS = 86_400_000;

function der(tag, ...parts) {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...parts) => der(0x30, ...parts);
const text = (tag, words) => der(tag, Buffer.from(words));
/** Of the years before 2050. */
const utcTime = (at) => text(0x17, `${at.toISOString().replaceAll(/[-:T]/g, '').slice(2, 14)}Z`);
const named = (name) => sequence(der(0x31, sequence(COMMON_NAME, text(0x0c, name))));

const COMMON_NAME = der(0x06, Buffer.from([0x55, 4, 3]));
const ALTERNATIVE_NAME = der(0x06, Buffer.from([0x55, 0x1d, 17]));
const ECDSA_WITH_SHA256 = sequence(der(0x06, Buffer.from([0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2])));
const VERSION_3 = der(0xa0, der(0x02, Buffer.from([2])));
const SERIAL = der(0x02, Buffer.from([1]));

const pem = (label, bytes) => `-----BEGIN ${label}-----\n${bytes.toString('base64').replaceAll(/.{64}/g, '$&\n')}\n-----END ${label}-----\n`;

/** Writes certificate and key for a host, good since yesterday and for so many days; gives the settings that name them. */
export function certificateIn(folder, host, days) {
  const { privateKey, publicKey } = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const validity = sequence(utcTime(new Date(Date.now() - DAY_MS)), utcTime(new Date(Date.now() + days * DAY_MS)));
  const names = der(0xa3, sequence(sequence(ALTERNATIVE_NAME, der(0x04, sequence(text(0x82, host))))));
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const signed = sequence(VERSION_3, SERIAL, ECDSA_WITH_SHA256, named(host), validity, named(host), spki, names);
  const signature = der(0x03, Buffer.from([0]), crypto.sign('sha256', signed, privateKey));
  const files = { CERTIFICATE: path.join(folder, 'certificate.pem'), KEY: path.join(folder, 'key.pem') };
  fs.writeFileSync(files.CERTIFICATE, pem('CERTIFICATE', sequence(signed, ECDSA_WITH_SHA256, signature)));
  fs.writeFileSync(files.KEY, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  return Object.fromEntries(Object.entries(files).map(([name, file]) => [`STREAMFLOW_FEDERATION_TLS__${name}`, file]));
}
