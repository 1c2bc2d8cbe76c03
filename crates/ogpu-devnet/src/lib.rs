//! An OpenGPU network in one process: EVM chain, contracts, services and simulated providers, for tests
