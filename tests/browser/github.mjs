// A GitHub on this machine: a page that asks whether the portal may know who somebody is, and the two calls of its server.

import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import http from 'node:http';

const CLIENT = { id: 'Iv1.of-the-browser-tests', secret: 'secret-of-the-browser-tests' };

/** Whoever comes is `account`, as GitHub knows people: by a number, with a name that they may change. */
export async function startGithub() {
  const github = { account: { id: 583231, login: 'octocat' } };
  const codes = new Map();
  const tokens = new Map();

  const pages = {
    'GET /login/oauth/authorize': (query) => {
      assert.equal(query.get('client_id'), CLIENT.id);
      assert.equal(query.get('code_challenge_method'), 'S256');
      const code = crypto.randomUUID();
      codes.set(code, { account: github.account, challenge: query.get('code_challenge'), back: query.get('redirect_uri') });
      const back = (answer) => `${query.get('redirect_uri')}?${new URLSearchParams({ ...answer, state: query.get('state') })}`.replaceAll('&', '&amp;');
      return { html: `<title>GitHub</title><a href="${back({ code })}">Authorize</a> <a href="${back({ error: 'access_denied' })}">Cancel</a>` };
    },
    'POST /login/oauth/access_token': (_, form) => {
      const grant = codes.get(form.get('code'));
      codes.delete(form.get('code'));
      const challenge = crypto.createHash('sha256').update(form.get('code_verifier')).digest('base64url');
      const good = form.get('client_secret') === CLIENT.secret && grant?.challenge === challenge && grant.back === form.get('redirect_uri');
      if (!good) return { json: { error: 'bad_verification_code' } };
      const token = `gho_${crypto.randomUUID()}`;
      tokens.set(token, grant.account);
      return { json: { access_token: token, scope: '', token_type: 'bearer' } };
    },
    'GET /api/v3/user': (_, __, headers) => ({ json: tokens.get(headers.authorization?.replace('Bearer ', '')) ?? {} }),
  };

  const server = http.createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://github');
    let body = '';
    for await (const part of request) body += part;
    const page = pages[`${request.method} ${pathname}`];
    if (!page) {
      response.writeHead(404).end();
      return;
    }
    const { html, json } = page(searchParams, new URLSearchParams(body), request.headers);
    response.writeHead(200, { 'content-type': html ? 'text/html' : 'application/json' }).end(html ?? JSON.stringify(json));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  github.settings = {
    STREAMFLOW_GITHUB__CLIENT_ID: CLIENT.id,
    STREAMFLOW_GITHUB__CLIENT_SECRET: CLIENT.secret,
    STREAMFLOW_GITHUB__WEB_URL: url,
    STREAMFLOW_GITHUB__API_URL: `${url}/api/v3`,
  };
  github.stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return github;
}
