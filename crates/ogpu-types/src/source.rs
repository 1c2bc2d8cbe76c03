//! Sources: what a client publishes, and what providers run.

use serde::{Deserialize, Serialize};

use crate::{
    Address, DeliveryMethod, Environment, ImageEnvironments, ValidationError, Wei,
    validation::{require_text, require_url_or_nothing},
};

/// What a client says about a source in order to publish it.
///
/// Of the JSON keys only `deliveryMethod` may be absent, which means manual confirmation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceInfo {
    /// Name for people.
    pub name: String,
    /// Description for people.
    pub description: String,
    /// URL of a picture, or empty.
    pub logo_url: String,
    /// The container images, at least one.
    pub image_envs: ImageEnvironments,
    /// The least that a task must pay.
    pub min_payment: Wei,
    /// The least lockup that a provider must have to register.
    pub min_available_lockup: Wei,
    /// How far ahead a task's expiry may lie, in seconds, at least 1.
    pub max_expiry_duration: u64,
    /// How the response that is paid is chosen.
    #[serde(default)]
    pub delivery_method: DeliveryMethod,
}

impl SourceInfo {
    /// Checks that the source can be published.
    ///
    /// # Errors
    ///
    /// The first rule broken, in this order: the name is not empty, at least one environment has
    /// an image, every URL is http or https with a host, the duration is not zero.
    pub fn validate(&self) -> Result<(), ValidationError> {
        require_text("name", &self.name)?;
        if self.image_envs.environments().is_empty() {
            return Err(ValidationError::NoEnvironment {
                field: "image_envs",
            });
        }
        require_url_or_nothing("image_envs.cpu", &self.image_envs.cpu)?;
        require_url_or_nothing("image_envs.nvidia", &self.image_envs.nvidia)?;
        require_url_or_nothing("image_envs.amd", &self.image_envs.amd)?;
        require_url_or_nothing("logo_url", &self.logo_url)?;
        if self.max_expiry_duration == 0 {
            return Err(ValidationError::ZeroDuration {
                field: "max_expiry_duration",
            });
        }
        Ok(())
    }
}

/// The part of a source that is pinned as `imageMetadata.json`, keys in this order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceMetadata {
    /// URL of the docker-compose file for the processor alone, or empty.
    #[serde(default)]
    pub cpu: String,
    /// URL of the docker-compose file for NVIDIA GPUs, or empty.
    #[serde(default)]
    pub nvidia: String,
    /// URL of the docker-compose file for AMD GPUs, or empty.
    #[serde(default)]
    pub amd: String,
    /// Name for people.
    pub name: String,
    /// Description for people.
    pub description: String,
    /// URL of a picture, or empty.
    #[serde(default)]
    pub logo_url: String,
}

impl From<&SourceInfo> for SourceMetadata {
    fn from(info: &SourceInfo) -> Self {
        Self {
            cpu: info.image_envs.cpu.clone(),
            nvidia: info.image_envs.nvidia.clone(),
            amd: info.image_envs.amd.clone(),
            name: info.name.clone(),
            description: info.description.clone(),
            logo_url: info.logo_url.clone(),
        }
    }
}

/// The parameters of a source as its contract holds them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceParams {
    /// The owner.
    pub client: Address,
    /// Where the source's metadata is pinned.
    pub image_metadata_url: String,
    /// The environments that have an image.
    pub image_environments: Environment,
    /// The least that a task must pay.
    pub min_payment: Wei,
    /// The least lockup that a provider must have to register.
    pub min_available_lockup: Wei,
    /// How far ahead a task's expiry may lie, in seconds.
    pub max_expiry_duration: u64,
    /// Reserved by the protocol; clients publish `false`.
    pub privacy_enabled: bool,
    /// Reserved by the protocol; clients publish an empty text.
    pub optional_params_url: String,
    /// How the response that is paid is chosen.
    pub delivery_method: DeliveryMethod,
    /// When the owner last published or updated the source, in unix seconds.
    pub last_update_time: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info() -> SourceInfo {
        SourceInfo {
            name: "name".to_owned(),
            description: String::new(),
            logo_url: String::new(),
            image_envs: ImageEnvironments::cpu("https://example.org/cpu.yml"),
            min_payment: Wei::from(1_u64),
            min_available_lockup: Wei::ZERO,
            max_expiry_duration: 60,
            delivery_method: DeliveryMethod::FirstResponse,
        }
    }

    #[test]
    fn a_source_with_one_image_and_no_logo_is_valid() {
        assert_eq!(info().validate(), Ok(()));
    }

    #[test]
    fn each_broken_rule_is_reported_with_its_field() {
        type Break = fn(&mut SourceInfo);
        let cases: [(Break, &str); 7] = [
            (|info| info.name.clear(), "name"),
            (|info| info.image_envs.cpu.clear(), "image_envs"),
            (
                |info| info.image_envs.cpu = "cpu.yml".into(),
                "image_envs.cpu",
            ),
            (
                |info| info.image_envs.nvidia = "x".into(),
                "image_envs.nvidia",
            ),
            (
                |info| info.image_envs.amd = "ftp://x".into(),
                "image_envs.amd",
            ),
            (|info| info.logo_url = "logo".into(), "logo_url"),
            (|info| info.max_expiry_duration = 0, "max_expiry_duration"),
        ];
        for (break_rule, field) in cases {
            let mut info = info();
            break_rule(&mut info);
            assert_eq!(info.validate().unwrap_err().field(), field);
        }
    }

    #[test]
    fn the_first_broken_rule_is_reported() {
        let mut info = info();
        info.max_expiry_duration = 0;
        info.name.clear();
        assert_eq!(
            info.validate(),
            Err(ValidationError::EmptyText { field: "name" })
        );
    }

    #[test]
    fn metadata_has_the_keys_of_the_pinned_file_in_order() {
        let mut info = info();
        info.logo_url = "https://example.org/logo.png".to_owned();
        assert_eq!(
            serde_json::to_string(&SourceMetadata::from(&info)).unwrap(),
            r#"{"cpu":"https://example.org/cpu.yml","nvidia":"","amd":"","name":"name","description":"","logoUrl":"https://example.org/logo.png"}"#
        );
    }

    #[test]
    fn an_absent_delivery_method_is_manual_and_unknown_keys_are_ignored() {
        let json = r#"{
            "name": "n", "description": "d", "logoUrl": "", "imageEnvs": {"nvidia": "u"},
            "minPayment": 100000000000000000000, "minAvailableLockup": "0x1",
            "maxExpiryDuration": 86400, "addedLater": [1]
        }"#;
        let info: SourceInfo = serde_json::from_str(json).unwrap();
        assert_eq!(info.delivery_method, DeliveryMethod::ManualConfirmation);
        assert_eq!(info.min_payment, Wei::from_ether(100));
        assert_eq!(info.min_available_lockup, Wei::from(1_u64));
        assert_eq!(info.image_envs, ImageEnvironments::nvidia("u"));
    }

    #[test]
    fn parameters_have_the_keys_of_the_contract() {
        let params = SourceParams {
            client: Address::ZERO,
            image_metadata_url: "u".to_owned(),
            image_environments: Environment::CPU | Environment::AMD,
            min_payment: Wei::from(1_u64),
            min_available_lockup: Wei::from(2_u64),
            max_expiry_duration: 3,
            privacy_enabled: false,
            optional_params_url: String::new(),
            delivery_method: DeliveryMethod::FirstResponse,
            last_update_time: 4,
        };
        assert_eq!(
            serde_json::to_string(&params).unwrap(),
            r#"{"client":"0x0000000000000000000000000000000000000000","imageMetadataUrl":"u","imageEnvironments":"CPU | AMD","minPayment":"1","minAvailableLockup":"2","maxExpiryDuration":3,"privacyEnabled":false,"optionalParamsUrl":"","deliveryMethod":"FIRST_RESPONSE","lastUpdateTime":4}"#
        );
    }
}
