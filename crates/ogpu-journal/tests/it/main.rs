//! The journal on real files and in real processes.

mod commits;
mod conformance;
mod fencing;
mod model;
mod opening;
mod processes;
mod stored;
mod support;
