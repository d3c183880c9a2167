// Package runners proves that the npm package @tetherscope/test does what its README says, in real Playwright and real Vitest. It has tests only.
package runners
