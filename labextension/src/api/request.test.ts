import { ServerConnection } from '@jupyterlab/services';
import { describe, expect, test } from 'vitest';

import { CaptureApi } from './capture';
import { ModelsApi } from './models';
import { ReplaysApi } from './replays';
import { addressIn, requestTo } from './request';
import { RunsApi } from './runs';
import { troubleOf, type Trouble } from './trouble';

/** A server that gives one answer and remembers what it was asked. */
class OneAnswer {
  readonly asked: { method: string; path: string; body: string }[] = [];
  readonly request = requestTo(
    ServerConnection.makeSettings({
      baseUrl: 'http://here/user/me/',
      init: { cache: 'default' }, // else JupyterLab adds the time to each address
      fetch: async info => {
        const request = info as Request;
        const { method, url } = request;
        this.asked.push({ method, path: url.slice(20), body: await request.text() });
        return this.answer();
      }
    })
  );

  constructor(private readonly answer: () => Response) {}
}

function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status });
}

async function troubleWith(answer: () => Response): Promise<Trouble> {
  try {
    await new OneAnswer(answer).request(['runs']);
  } catch (error) {
    return troubleOf(error);
  }
  throw new Error('It should have failed.');
}

describe('where the questions go', () => {
  test('a picture is fetched by the browser, below the base address', () => {
    const settings = ServerConnection.makeSettings({ baseUrl: 'http://here/user/me/' });
    const runs = new RunsApi(new OneAnswer(() => json({})).request, addressIn(settings));
    expect(runs.figureAddress('r/1', 'ab')).toBe(
      'http://here/user/me/cellmill/api/runs/r%2F1/figures/ab'
    );
  });

  test('each of the api asks the address of its resource', async () => {
    const server = new OneAnswer(() => json({}));
    const { request } = server;
    const runs = new RunsApi(request, path => path.join('/'));
    await runs.list('a b/flights.ipynb');
    await runs.list(null);
    await runs.detail('a/0');
    await runs.trials('r1');
    await runs.remove('r1');
    const replays = new ReplaysApi(request);
    await replays.recipe('r1');
    await replays.start('r1');
    await replays.cancel('r1');
    await replays.startAll('flights.ipynb');
    await replays.cancelAll('a b.ipynb');
    await new ModelsApi(request).preview('r1');
    await new ModelsApi(request).list(null);
    await new ModelsApi(request).register({ run: 'r1', name: 'delay', alias: null });
    await new CaptureApi(request).status('flights.ipynb');
    await new CaptureApi(request).ask({ notebook: 'flights.ipynb', capture: 'paused' });
    expect(server.asked).toEqual([
      { method: 'GET', path: 'cellmill/api/runs?notebook=a+b%2Fflights.ipynb', body: '' },
      { method: 'GET', path: 'cellmill/api/runs', body: '' },
      { method: 'GET', path: 'cellmill/api/runs/a%2F0', body: '' },
      { method: 'GET', path: 'cellmill/api/runs/r1/trials', body: '' },
      { method: 'DELETE', path: 'cellmill/api/runs/r1', body: '' },
      { method: 'GET', path: 'cellmill/api/runs/r1/recipe', body: '' },
      { method: 'POST', path: 'cellmill/api/runs/r1/replay', body: '' },
      { method: 'DELETE', path: 'cellmill/api/runs/r1/replay', body: '' },
      {
        method: 'POST',
        path: 'cellmill/api/replays',
        body: '{"notebook":"flights.ipynb"}'
      },
      { method: 'DELETE', path: 'cellmill/api/replays?notebook=a+b.ipynb', body: '' },
      { method: 'GET', path: 'cellmill/api/runs/r1/registration', body: '' },
      { method: 'GET', path: 'cellmill/api/models', body: '' },
      {
        method: 'POST',
        path: 'cellmill/api/models',
        body: '{"run":"r1","name":"delay","alias":null}'
      },
      { method: 'GET', path: 'cellmill/api/capture?notebook=flights.ipynb', body: '' },
      {
        method: 'PUT',
        path: 'cellmill/api/capture',
        body: '{"notebook":"flights.ipynb","capture":"paused"}'
      }
    ]);
  });
});

describe('what is not a success', () => {
  test('an error of ours arrives with its facts', async () => {
    const error = { kind: 'store_locked', message: 'locked', store: 'sqlite:///mlflow.db' };
    expect(await troubleWith(() => json({ error }, 503))).toEqual(error);
  });

  test('a kind that this build has never heard of arrives too', async () => {
    const error = { kind: 'from_the_future', message: 'wait' };
    expect(await troubleWith(() => json({ error }, 500))).toEqual(error);
  });

  test('a 404 of Jupyter itself means that the extension is off', async () => {
    const answer = (): Response => json({ message: 'Not Found' }, 404);
    expect(await troubleWith(answer)).toMatchObject({ kind: 'not_installed' });
  });

  test('a proxy that refuses with a page of HTML', async () => {
    const answer = (): Response =>
      new Response('<html>no</html>', { status: 403, statusText: 'Forbidden' });
    expect(await troubleWith(answer)).toEqual({
      kind: 'forbidden',
      status: 403,
      message: '403 Forbidden'
    });
  });

  test('a user who may only read is told so, also in our own words', async () => {
    const error = { kind: 'bad_request', message: 'Forbidden' };
    const answer = (): Response => json({ error }, 403);
    expect(await troubleWith(answer)).toMatchObject({ kind: 'forbidden', status: 403 });
  });

  test('a gateway in between', async () => {
    const answer = (): Response => new Response('', { status: 502, statusText: 'Bad Gateway' });
    expect(await troubleWith(answer)).toEqual({
      kind: 'unreadable',
      status: 502,
      message: '502 Bad Gateway'
    });
  });

  test('a login page in place of an answer is no answer, whatever its status says', async () => {
    const answer = (): Response => new Response('<html>log in</html>', { status: 200 });
    expect(await troubleWith(answer)).toMatchObject({ kind: 'unreadable', status: 200 });
  });

  test('a server that is gone', async () => {
    const answer = (): Response => {
      throw new TypeError('Failed to fetch');
    };
    expect(await troubleWith(answer)).toEqual({ kind: 'offline', message: 'Failed to fetch' });
  });
});
