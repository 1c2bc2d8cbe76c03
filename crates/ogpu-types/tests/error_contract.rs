//! What every error of the crate promises to those who store, send or print it.

use std::error::Error;

use ogpu_types::{
    Address, AddressError, ChainId, ChainIdError, Environment, EnvironmentError, HexBytes,
    HexError, Json, JsonError, TaskInput, TaskInputError, TaskStatus, UnknownEnumName,
    UnknownEnumValue, ValidationError, Wei, WeiError,
};

#[test]
fn errors_cross_threads_and_stay_small() {
    const fn assert_contract<E: Error + Send + Sync + 'static>() {
        assert!(size_of::<E>() <= 64);
    }
    const {
        assert_contract::<AddressError>();
        assert_contract::<ChainIdError>();
        assert_contract::<EnvironmentError>();
        assert_contract::<HexError>();
        assert_contract::<JsonError>();
        assert_contract::<TaskInputError>();
        assert_contract::<UnknownEnumName>();
        assert_contract::<UnknownEnumValue>();
        assert_contract::<ValidationError>();
        assert_contract::<WeiError>();
    }
}

#[test]
fn messages_are_one_line_without_full_stop_and_do_not_repeat_their_cause() {
    let errors: [Box<dyn Error>; 10] = [
        Box::new("0x1".parse::<Address>().unwrap_err()),
        Box::new("x".parse::<ChainId>().unwrap_err()),
        Box::new("x".parse::<Environment>().unwrap_err()),
        Box::new("0x1".parse::<HexBytes>().unwrap_err()),
        Box::new(Json::from_text("{").unwrap_err()),
        Box::new(
            TaskInput::new("f", &1)
                .unwrap()
                .with_extra("data", &1)
                .unwrap_err(),
        ),
        Box::new("x".parse::<TaskStatus>().unwrap_err()),
        Box::new(TaskStatus::try_from(9).unwrap_err()),
        Box::new("x".parse::<Wei>().unwrap_err()),
        Box::new(Wei::parse_ether("-1").unwrap_err()),
    ];
    for error in errors {
        let message = error.to_string();
        assert!(
            !message.contains('\n') && !message.ends_with('.'),
            "{message}"
        );
        assert!(
            !message.starts_with(|c: char| c.is_uppercase()),
            "{message}"
        );
        if let Some(cause) = error.source() {
            assert!(!message.contains(&cause.to_string()), "{message}");
        }
    }
}
