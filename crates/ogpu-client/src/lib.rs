//! Client of the OpenGPU network: publish sources and tasks, read responses, confirm and pay
