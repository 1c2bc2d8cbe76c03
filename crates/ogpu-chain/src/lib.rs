//! Chain registry of the OpenGPU network: endpoints, contract addresses, services and explorer links
