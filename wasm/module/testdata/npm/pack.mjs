// Runs webpack without its command line, which would be another package.
import { createRequire } from 'node:module';
import webpack from 'webpack';

const require = createRequire(import.meta.url);
webpack(require('./webpack.config.cjs'), (error, stats) => {
  if (!error && !stats.hasErrors() && !stats.hasWarnings()) return;
  console.error(error ?? stats.toString('errors-warnings'));
  process.exitCode = 1;
});
