// Compiles src/ into ../artifacts/<Contract>.json.
//
//   node build.mjs           writes the artifacts
//   node build.mjs --check   writes nothing, and fails if a committed artifact is stale
//
// It fails as well on any compiler warning, on a contract that no chain would take, and on an interface
// that differs from ../../../abis.

import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import solc from 'solc';

const SOURCES = new URL('src/', import.meta.url);
const ARTIFACTS = new URL('../artifacts/', import.meta.url);
const ABIS = new URL('../../../abis/', import.meta.url);
const REBUILD = 'cd crates/ogpu-devnet/contracts && npm ci && npm run build';

const CONTRACTS = ['Controller', 'Manager', 'Nexus', 'Response', 'Source', 'Task', 'Terminal', 'Vault'];

// EIP-170 and EIP-3860, in bytes.
const MAX_RUNTIME_CODE = 24_576;
const MAX_INIT_CODE = 49_152;

const SETTINGS = {
  // No instruction younger than Berlin, so that the code also runs on a chain without a base fee.
  evmVersion: 'berlin',
  viaIR: true,
  optimizer: { enabled: true, runs: 200 },
  // The same sources give the same bytes, whatever the paths and comments.
  metadata: { bytecodeHash: 'none', appendCBOR: false },
  outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object'] } },
};

// The one warning that the choice of `evmVersion` brings with it. It has no code to tell it by.
const EVM_VERSION_WARNING =
  'Support for EVM versions older than london is deprecated and will be removed in the future.';

class BuildError extends Error {}

function compile() {
  const files = readdirSync(SOURCES).filter((name) => name.endsWith('.sol')).sort();
  const sources = Object.fromEntries(
    files.map((name) => [name, { content: readFileSync(new URL(name, SOURCES), 'utf8') }]),
  );
  const input = { language: 'Solidity', sources, settings: SETTINGS };
  const output = JSON.parse(solc.compile(JSON.stringify(input)));
  const errors = (output.errors ?? []).filter((error) => error.message !== EVM_VERSION_WARNING);
  if (errors.length) throw new BuildError(errors.map((error) => error.formattedMessage).join('\n'));
  return output.contracts;
}

// As text with sorted keys, so that neither the order of entries nor that of keys matters.
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join()}}`;
}

function checkInterface(name, abi) {
  const published = new Set(JSON.parse(readFileSync(new URL(`${name}.json`, ABIS), 'utf8')).map(canonical));
  const compiled = new Set(abi.filter((entry) => entry.type !== 'constructor').map(canonical));
  const missing = [...published].filter((entry) => !compiled.has(entry));
  const extra = [...compiled].filter((entry) => !published.has(entry));
  if (missing.length || extra.length) {
    const lines = [
      `${name}: the interface differs from abis/${name}.json`,
      ...missing.map((entry) => `  only published: ${entry}`),
      ...extra.map((entry) => `  only compiled: ${entry}`),
    ];
    throw new BuildError(lines.join('\n'));
  }
}

function checkSize(name, evm) {
  const runtime = evm.deployedBytecode.object.length / 2;
  const init = evm.bytecode.object.length / 2;
  console.log(`${name.padEnd(10)} runtime ${String(runtime).padStart(6)}  init ${String(init).padStart(6)}`);
  if (runtime > MAX_RUNTIME_CODE) throw new BuildError(`${name}: runtime code over ${MAX_RUNTIME_CODE} bytes`);
  if (init > MAX_INIT_CODE) throw new BuildError(`${name}: init code over ${MAX_INIT_CODE} bytes`);
}

function readIfPresent(url) {
  try {
    return readFileSync(url, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function checkedArtifacts() {
  const compiled = compile();
  return CONTRACTS.map((name) => {
    const { abi, evm } = compiled[`${name}.sol`][name];
    checkInterface(name, abi);
    checkSize(name, evm);
    const artifact = { contractName: name, abi, bytecode: `0x${evm.bytecode.object}` };
    return { file: new URL(`${name}.json`, ARTIFACTS), text: `${JSON.stringify(artifact, null, 2)}\n` };
  });
}

function build(isCheck) {
  const artifacts = checkedArtifacts();
  if (!isCheck) {
    for (const { file, text } of artifacts) writeFileSync(file, text);
    return;
  }
  const stale = artifacts.filter(({ file, text }) => readIfPresent(file) !== text);
  const names = stale.map(({ file }) => file.pathname.split('/').pop());
  if (names.length) throw new BuildError(`stale in artifacts/: ${names.join(', ')}; run: ${REBUILD}`);
}

try {
  build(process.argv.includes('--check'));
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
