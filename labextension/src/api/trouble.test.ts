import { ServerConnection } from '@jupyterlab/services';
import { expect, test } from 'vitest';

import { Failed, notSaved, troubleOf } from './trouble';

function refusedWith(status: number): Error {
  return new ServerConnection.ResponseError(new Response(null, { status }), 'no space left');
}

test('what Jupyter refuses is no fault of Cellmill', () => {
  expect(troubleOf(refusedWith(500))).toEqual({
    kind: 'refused',
    status: 500,
    message: 'no space left'
  });
  expect(troubleOf(refusedWith(403)).kind).toBe('forbidden');
  const offline = new ServerConnection.NetworkError(new TypeError('Failed to fetch'));
  expect(troubleOf(offline).kind).toBe('offline');
  expect(troubleOf(new TypeError('x is not a function')).kind).toBe('internal');
});

test('a document that was not saved is told by its name, and a cancelled question as no fault', () => {
  const cancelled = new Error('Cancel');
  cancelled.name = 'ModalCancelError'; // as JupyterLab's document context rejects
  const trouble = { kind: 'not_saved', path: 'a.ipynb', message: '' };
  expect(notSaved('a.ipynb', cancelled).trouble).toEqual(trouble);
  expect(notSaved('a.ipynb', new Error('Invalid response')).trouble).toEqual({
    ...trouble,
    message: 'Invalid response'
  });
  expect(notSaved('a.ipynb', refusedWith(403)).trouble.kind).toBe('forbidden');
  const ours = new Failed({ kind: 'offline', message: '' });
  expect(notSaved('a.ipynb', ours).trouble).toEqual(ours.trouble);
});
