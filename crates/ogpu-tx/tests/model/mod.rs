//! A model of the plumbing, the nodes and the chain around an [`Account`], which checks after each
//! step what must hold.

pub(crate) mod chain;
pub(crate) mod moves;
mod plumbing;
mod world;

pub(crate) use world::World;
