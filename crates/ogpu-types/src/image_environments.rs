//! Where the container images of a source are described.

use serde::{Deserialize, Serialize};

use crate::Environment;

/// The docker-compose file of a source for each environment, as URLs.
///
/// An empty string means that the source does not support the environment.
///
/// ```
/// use ogpu_types::{Environment, ImageEnvironments};
///
/// let images = ImageEnvironments::cpu("https://example.org/cpu.yml")
///     .with_nvidia("https://example.org/nvidia.yml");
/// assert_eq!(images.environments(), Environment::CPU | Environment::NVIDIA);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImageEnvironments {
    /// URL for the processor alone, or empty.
    pub cpu: String,
    /// URL for NVIDIA GPUs, or empty.
    pub nvidia: String,
    /// URL for AMD GPUs, or empty.
    pub amd: String,
}

impl ImageEnvironments {
    /// Only an image for the processor.
    #[must_use]
    pub fn cpu(url: impl Into<String>) -> Self {
        Self::default().with_cpu(url)
    }

    /// Only an image for NVIDIA GPUs.
    #[must_use]
    pub fn nvidia(url: impl Into<String>) -> Self {
        Self::default().with_nvidia(url)
    }

    /// Only an image for AMD GPUs.
    #[must_use]
    pub fn amd(url: impl Into<String>) -> Self {
        Self::default().with_amd(url)
    }

    /// The same with this image for the processor.
    #[must_use]
    pub fn with_cpu(mut self, url: impl Into<String>) -> Self {
        self.cpu = url.into();
        self
    }

    /// The same with this image for NVIDIA GPUs.
    #[must_use]
    pub fn with_nvidia(mut self, url: impl Into<String>) -> Self {
        self.nvidia = url.into();
        self
    }

    /// The same with this image for AMD GPUs.
    #[must_use]
    pub fn with_amd(mut self, url: impl Into<String>) -> Self {
        self.amd = url.into();
        self
    }

    /// The environments that have an image.
    #[must_use]
    pub fn environments(&self) -> Environment {
        let mut set = Environment::empty();
        set.set(Environment::CPU, !self.cpu.is_empty());
        set.set(Environment::NVIDIA, !self.nvidia.is_empty());
        set.set(Environment::AMD, !self.amd.is_empty());
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_is_supported_if_it_has_an_image() {
        assert_eq!(
            ImageEnvironments::default().environments(),
            Environment::empty()
        );
        assert_eq!(
            ImageEnvironments::nvidia("u").environments(),
            Environment::NVIDIA
        );
        assert_eq!(
            ImageEnvironments::amd("u").with_cpu("v").environments(),
            Environment::AMD | Environment::CPU
        );
    }

    #[test]
    fn absent_environments_are_read_as_unsupported() {
        let images: ImageEnvironments = serde_json::from_str(r#"{"cpu":"u","tpu":"v"}"#).unwrap();
        assert_eq!(images, ImageEnvironments::cpu("u"));
    }
}
