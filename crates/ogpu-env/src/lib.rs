#![doc = include_str!("../README.md")]

mod dot_env;
mod error;
mod value;
mod variables;
mod wiped_file;

pub use error::DotEnvError;
pub use value::Value;
pub use variables::Variables;
pub use wiped_file::read_wiped;
