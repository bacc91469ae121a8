/** The machine, the interpreter, the commit and the packages of a run. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { caretDownIcon } from '@jupyterlab/ui-components';
import React from 'react';

import type { WireDistribution, WireEnvironment, WireGit } from '../../wire/generated';
import { Breakable } from '../frame/breakable';
import { Copyable } from '../frame/copy';
import { countWords, sizeWords } from '../frame/numbers';
import { frontEndWords, shortCommit } from './words';

interface IEnvironmentProps {
  readonly environment: WireEnvironment;
  readonly onCopy: (text: string) => void;
  readonly trans: TranslationBundle;
}

export function Environment(props: IEnvironmentProps): React.JSX.Element {
  const { environment, trans } = props;
  const facts: readonly (readonly [string, React.ReactNode])[] = [
    [trans.__('Python'), <span title={environment.executable}>{environment.python}</span>],
    [trans.__('Platform'), <Breakable name={environment.platform} />],
    [trans.__('Host'), environment.host],
    [trans.__('Cores'), environment.cores],
    [
      trans.__('Memory'),
      environment.memory_bytes === null ? null : sizeWords(environment.memory_bytes)
    ],
    [trans.__('User'), environment.user],
    [
      trans.__('Front end'),
      environment.front_end === null ? null : frontEndWords(environment.front_end)
    ],
    [trans.__('Folder'), <Breakable name={environment.cwd} />],
    [trans.__('Git'), environment.git === null ? null : <Git {...props} git={environment.git} />],
    [trans.__('Cellmill'), environment.cellmill]
  ];
  return (
    <>
      <table className="cellmill-Table cellmill-mod-facts" aria-label={trans.__('Environment')}>
        <tbody>
          {facts.map(([label, fact]) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              <td>{fact ?? <span className="cellmill-Quiet">{trans.__('not known')}</span>}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <Distributions distributions={environment.distributions} trans={trans} />
    </>
  );
}

function Git(props: IEnvironmentProps & { readonly git: WireGit }): React.JSX.Element {
  const { git, onCopy, trans } = props;
  return (
    <div className="cellmill-Git">
      <Copyable
        text={git.commit}
        shown={
          git.branch === null
            ? shortCommit(git.commit)
            : `${git.branch} @ ${shortCommit(git.commit)}`
        }
        what={trans.__('commit')}
        onCopy={onCopy}
        trans={trans}
      />
      {git.is_changed ? (
        <span
          className="cellmill-Chip"
          data-tone="warning"
          title={trans.__('What differed from the commit is kept with the run.')}
        >
          {trans.__('uncommitted changes')}
        </span>
      ) : null}
      {git.untracked === 0 ? null : (
        <span className="cellmill-Quiet">
          {trans._n(
            '%2 untracked file',
            '%2 untracked files',
            git.untracked,
            countWords(git.untracked)
          )}
        </span>
      )}
    </div>
  );
}

function Distributions(props: {
  readonly distributions: readonly WireDistribution[];
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { distributions, trans } = props;
  if (distributions.length === 0) {
    return <p className="cellmill-Quiet">{trans.__('No package was seen yet.')}</p>;
  }
  return (
    <details className="cellmill-Columns cellmill-Packages">
      <summary>
        <caretDownIcon.react tag="span" className="cellmill-Part-caret" />
        {trans._n(
          '%2 imported package',
          '%2 imported packages',
          distributions.length,
          countWords(distributions.length)
        )}
      </summary>
      <ul role="list" className="cellmill-List" aria-label={trans.__('Packages')}>
        {distributions.map(({ name, version }) => (
          <li key={name}>
            <code>
              {name}=={version}
            </code>
          </li>
        ))}
      </ul>
    </details>
  );
}
