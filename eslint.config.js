// The labextension's lint. The layers are kept here, as import-linter keeps Python's.
const js = require('@eslint/js');
const hooks = require('eslint-plugin-react-hooks');
const tseslint = require('typescript-eslint');

/** Lowest first: a layer may import itself and what stands before it. */
const LAYERS = ['wire', 'api', 'state', 'panels', 'commands', 'plugins'];

/** What a layer must not know of the outside world. */
const FOREIGN = {
  wire: ['@jupyterlab/*', '@lumino/*', 'react'],
  api: ['react', '@lumino/widgets', '@jupyterlab/apputils', '@jupyterlab/ui-components'],
  state: ['react', '@lumino/widgets', '@jupyterlab/*'],
  panels: ['@jupyterlab/application', '@jupyterlab/notebook', '@jupyterlab/services'],
  commands: ['@jupyterlab/services'],
  plugins: ['@jupyterlab/services']
};

function layer(name, index) {
  const above = LAYERS.slice(index + 1);
  return {
    files: [`labextension/src/${name}/**/*.{ts,tsx}`],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            ...(above.length
              ? [
                  {
                    group: above.map(upper => `**/${upper}/**`),
                    message: `${name} lies below. See the layers in eslint.config.js.`
                  }
                ]
              : []),
            { group: FOREIGN[name], message: `${name} knows nothing of it.` }
          ]
        }
      ]
    }
  };
}

module.exports = tseslint.config(
  { ignores: ['labextension/lib/**', 'src/**', 'labextension/src/wire/generated.ts'] },
  {
    files: ['labextension/{src,testing}/**/*.{ts,tsx}'],
    extends: [
      js.configs.recommended,
      ...tseslint.configs.strictTypeChecked,
      ...tseslint.configs.stylisticTypeChecked
    ],
    plugins: { 'react-hooks': hooks },
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: __dirname }
    },
    rules: {
      ...hooks.configs.recommended.rules,
      eqeqeq: 'error',
      // One fetch: everything asks through api/request.ts, which uses ServerConnection.
      'no-restricted-globals': ['error', 'fetch', 'XMLHttpRequest', 'WebSocket', 'EventSource'],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        // A `default` that hands a `never` on is how advice.ts survives a newer server.
        { considerDefaultExhaustiveForUnions: false, requireDefaultForNonUnion: true }
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // `void promise` says that its outcome shows elsewhere; arrow shorthand is the way callbacks are written.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-invalid-void-type': 'off' // Signal<this, void> is Lumino's own idiom
    }
  },
  ...LAYERS.map(layer)
);
