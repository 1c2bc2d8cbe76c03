//! How a method is put into the server.

use jsonrpsee_server::RpcModule;
use jsonrpsee_server::types::{ErrorObjectOwned, Params, ParamsSequence};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::chain::shared::Shared;

/// What a method answers.
pub(super) type Answer<T> = Result<T, ErrorObjectOwned>;

/// The positional parameters of one call.
pub(super) struct Arguments<'a>(ParamsSequence<'a>);

impl<'a> Arguments<'a> {
    pub(super) fn new(params: &'a Params<'a>) -> Self {
        Self(params.sequence())
    }

    /// The next parameter, which must be there.
    pub(super) fn required<T: DeserializeOwned>(&mut self) -> Answer<T> {
        self.0.next()
    }

    /// The next parameter; none if it is left out or null.
    pub(super) fn optional<T: DeserializeOwned>(&mut self) -> Answer<Option<T>> {
        self.0.optional_next()
    }
}

/// Adds a method, to be executed on the blocking pool. It is executed to its end even if the
/// client goes away meanwhile.
///
/// # Panics
///
/// If the name is taken: the set of methods is fixed in the code.
pub(super) fn add<T>(
    module: &mut RpcModule<Shared>,
    name: &'static str,
    method: fn(&Shared, &mut Arguments<'_>) -> Answer<T>,
) where
    T: Serialize + Clone + Send + 'static,
{
    module
        .register_blocking_method(name, move |params, shared, _| {
            method(&shared, &mut Arguments::new(&params))
        })
        .expect("every method has a name of its own");
}
