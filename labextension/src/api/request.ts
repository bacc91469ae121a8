/** The one fetch. What is not a success leaves here as `Failed`. */
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import { isErrorAnswer } from '../wire/guards';
import { Failed, type Trouble } from './trouble';

export interface IQuestion {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** `null` leaves the field out of the query. */
  query?: Record<string, string | null>;
  body?: object;
}

/** Ask the server for `path`, whose segments are escaped here. */
export type Request = <T>(path: readonly string[], question?: IQuestion) => Promise<T>;

/** The address of `path`, for what the browser itself fetches, such as a picture. */
export type Address = (path: readonly string[]) => string;

export function addressIn(settings: ServerConnection.ISettings): Address {
  return path => URLExt.join(settings.baseUrl, 'cellmill/api', ...path.map(encodeURIComponent));
}

export function requestTo(settings: ServerConnection.ISettings): Request {
  return async <T>(path: readonly string[], question: IQuestion = {}): Promise<T> => {
    const response = await send(settings, path, question);
    const body = await readBody(response);
    if (!response.ok) {
      throw new Failed(refusal(response, body));
    }
    if (body === undefined) {
      throw new Failed(unreadable(response));
    }
    return body as T;
  };
}

async function send(
  settings: ServerConnection.ISettings,
  path: readonly string[],
  { method = 'GET', query = {}, body }: IQuestion
): Promise<Response> {
  const address = addressIn(settings)(path);
  const asked = Object.entries(query).filter(
    (entry): entry is [string, string] => entry[1] !== null
  );
  const url = asked.length ? `${address}?${new URLSearchParams(asked).toString()}` : address;
  const init: RequestInit =
    body === undefined ? { method } : { method, body: JSON.stringify(body) };
  try {
    return await ServerConnection.makeRequest(url, init, settings);
  } catch (error) {
    throw new Failed({
      kind: 'offline',
      message: error instanceof Error ? error.message : String(error)
    });
  }
}

/** Return the body as JSON, `undefined` when it is something else. */
async function readBody(response: Response): Promise<unknown> {
  try {
    return JSON.parse(await response.text()) as unknown;
  } catch {
    return undefined; // the status says enough, and a proxy's HTML would not help the user
  }
}

function refusal(response: Response, body: unknown): Trouble {
  const { status } = response;
  // Before our own words: whoever may not come in is told the same by Cellmill, Jupyter and any proxy.
  if (status === 401 || status === 403) {
    return { kind: 'forbidden', status, message: line(response) };
  }
  if (isErrorAnswer(body)) {
    return body.error;
  }
  if (status === 404) {
    return { kind: 'not_installed', message: line(response) };
  }
  return unreadable(response);
}

function unreadable(response: Response): Trouble {
  return { kind: 'unreadable', status: response.status, message: line(response) };
}

function line(response: Response): string {
  return `${response.status} ${response.statusText}`.trim();
}
