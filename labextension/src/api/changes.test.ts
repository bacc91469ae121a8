import { Signal } from '@lumino/signaling';
import { expect, test } from 'vitest';

import type { Change } from '../wire/generated';
import { CHANGES_SCHEMA_ID } from '../wire/guards';
import { Changes } from './changes';

test('of all that is on the stream, only our changes are heard', () => {
  const stream = new Signal<object, unknown>({});
  const heard: Change['subject'][] = [];
  new Changes(stream).changed.connect((_, { subject }) => heard.push(subject));

  const schema_id = CHANGES_SCHEMA_ID;
  stream.emit({ schema_id, subject: 'runs', notebook: 'a.ipynb', __timestamp__: 'now' });
  stream.emit({ schema_id, subject: 'models', notebook: null });
  stream.emit({ schema_id, subject: 'weather', notebook: null });
  stream.emit({ schema_id, subject: 'runs' });
  stream.emit({ schema_id: 'somebody/else', subject: 'runs', notebook: null });
  stream.emit(null);

  expect(heard).toEqual(['runs', 'models']);
});
