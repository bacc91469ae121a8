/** The registered models and their versions. */
import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import type { IModels } from '../../state/models';
import type { WireModelEntry, WireVersion } from '../../wire/generated';
import { Age } from '../frame/age';
import { moveByArrows } from '../frame/arrows';
import { Fetched } from '../frame/fetched';
import { Empty } from '../frame/notices';

export interface IModelsListProps {
  readonly models: IModels;
  readonly nowMs: number;
  readonly onOpenRun: (run: string) => void;
  readonly onRetry: () => void;
  readonly trans: TranslationBundle;
}

export function ModelsList(props: IModelsListProps): React.JSX.Element {
  const { models, trans } = props;
  return (
    <div className="cellmill-Models" aria-busy={models.list.loading}>
      <Fetched fetched={models.list} onRetry={props.onRetry} trans={trans}>
        {list =>
          list.models.length === 0 ? (
            <Empty
              title={trans.__('No models yet.')}
              next={trans.__('Open a run and choose “Register…” to make its model a version.')}
            />
          ) : (
            list.models.map(model => <Model key={model.name} {...props} model={model} />)
          )
        }
      </Fetched>
    </div>
  );
}

function Model(props: IModelsListProps & { readonly model: WireModelEntry }): React.JSX.Element {
  const { model, trans } = props;
  const firstWithRun = model.versions.findIndex(version => version.run !== null);
  return (
    <section className="cellmill-Model">
      <h3 title={model.name}>{model.name}</h3>
      <ul
        role="list"
        className="cellmill-List"
        aria-label={trans.__('Versions of %1', model.name)}
        onKeyDown={moveByArrows}
      >
        {model.versions.map((version, index) => (
          <li key={version.version}>
            <Version {...props} version={version} tabStop={index === firstWithRun} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Version(
  props: IModelsListProps & { readonly version: WireVersion; readonly tabStop: boolean }
): React.JSX.Element {
  const { version, nowMs, onOpenRun, trans } = props;
  const { run } = version;
  const inside = (
    <>
      <span className="cellmill-Version-number">{trans.__('Version %1', version.version)}</span>
      <span className="cellmill-Version-aliases">
        {version.aliases.map(alias => (
          <span key={alias} className="cellmill-Chip cellmill-mod-alias">
            {alias}
          </span>
        ))}
      </span>
      <Age sinceMs={version.created_ms} nowMs={nowMs} trans={trans} />
    </>
  );
  if (run === null) {
    return (
      <div className="cellmill-Version" title={trans.__('It was not made from a captured run.')}>
        {inside}
      </div>
    );
  }
  return (
    <button
      type="button"
      className="cellmill-Version"
      data-cellmill-stop
      tabIndex={props.tabStop ? 0 : -1}
      title={trans.__('Show run %1', run)}
      onClick={() => onOpenRun(run)}
    >
      {inside}
    </button>
  );
}
