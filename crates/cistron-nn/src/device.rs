use std::fmt;
use std::str::FromStr;

use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use crate::NnError;
use crate::kernels;

/// Where a network runs: `cpu`, or `gpu:0` for the first GPU. A device that is not there is an error, never replaced by
/// another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum DeviceChoice {
    /// The processor, all threads of the current rayon pool.
    #[default]
    Cpu,
    /// The GPU of this index: discrete GPUs first, then integrated, then virtual ones.
    Gpu(usize),
}

impl DeviceChoice {
    /// Checks that the device is there.
    ///
    /// # Errors
    /// [`NnError::Device`] when this build has no GPU support or there is no such GPU.
    pub fn check(self) -> Result<(), NnError> {
        self.open().map(drop)
    }

    /// What the device is, for notes and manifests: `cpu, 2 threads`, with `AMX in inference and gradients` where products go through the tile unit
    /// (factors of 16 bits; `CISTRON_AMX=0` forbids it), or the GPU's index.
    ///
    /// # Errors
    /// As [`DeviceChoice::check`].
    pub fn describe(self) -> Result<String, NnError> {
        self.check()?;
        Ok(match self {
            Self::Cpu => {
                let tiles = if kernels::by_tiles() { ", AMX in inference and gradients" } else { "" };
                format!("cpu, {} threads{tiles}", rayon::current_num_threads())
            }
            Self::Gpu(_) => format!("{self} ({})", if cfg!(feature = "cuda") { "CUDA" } else { "Vulkan" }),
        })
    }

    pub(crate) fn open(self) -> Result<Device, NnError> {
        match self {
            Self::Cpu => Ok(Device::flex()),
            Self::Gpu(index) => {
                open_gpu(index).map_err(|message| NnError::Device { device: self.to_string(), message })
            }
        }
    }
}

#[cfg(not(any(feature = "gpu", feature = "cuda")))]
fn open_gpu(_index: usize) -> Result<Device, String> {
    Err("this build has no GPU support: rebuild with --features gpu (Vulkan), or use device cpu".into())
}

#[cfg(feature = "cuda")]
fn open_gpu(index: usize) -> Result<Device, String> {
    let found = Device::enumerate(burn::tensor::DeviceType::Cuda).into_vec();
    found.into_iter().nth(index).ok_or_else(|| format!("no such CUDA device: {NOT_FOUND}"))
}

#[cfg(all(feature = "gpu", not(feature = "cuda")))]
fn open_gpu(index: usize) -> Result<Device, String> {
    use burn::tensor::{DeviceKind, DeviceType};
    // Software adapters (llvmpipe) are of kind Cpu and are left out: a GPU that is really the processor would be a
    // silent fall-back.
    let found = Device::enumerate(DeviceType::Vulkan).into_vec();
    let gpus: Vec<Device> = (0..found.len())
        .map(DeviceKind::DiscreteGpu)
        .chain((0..found.len()).map(DeviceKind::IntegratedGpu))
        .chain((0..found.len()).map(DeviceKind::VirtualGpu))
        .map(Device::vulkan)
        .filter(|device| found.contains(device))
        .collect();
    let count = gpus.len();
    gpus.into_iter().nth(index).ok_or_else(|| format!("{count} Vulkan GPU(s) found: {NOT_FOUND}"))
}

/// The first GPU; a software adapter of Vulkan, which users are not offered, where `CISTRON_SOFTWARE_GPU` asks for it (`docs/bench/gpu_in_software.sh`);
/// none, with a word, where there is neither.
#[cfg(all(test, any(feature = "gpu", feature = "cuda")))]
pub(crate) fn for_tests() -> Option<Device> {
    let found = DeviceChoice::Gpu(0).open();
    #[cfg(not(feature = "cuda"))]
    let found = found.or_else(|error| {
        let software = Device::vulkan(burn::tensor::DeviceKind::Cpu);
        let there = || Device::enumerate(burn::tensor::DeviceType::Vulkan).into_vec().contains(&software);
        if std::env::var_os("CISTRON_SOFTWARE_GPU").is_some() && there() { Ok(software) } else { Err(error) }
    });
    found.inspect(|device| println!("on {device:?}")).inspect_err(|error| eprintln!("skipped: {error}")).ok()
}

#[cfg(any(feature = "gpu", feature = "cuda"))]
const NOT_FOUND: &str = "check the driver, choose a lower index, or use device cpu";

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.write_str("cpu"),
            Self::Gpu(index) => write!(f, "gpu:{index}"),
        }
    }
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "cpu" => Ok(Self::Cpu),
            None if text == "gpu" => Ok(Self::Gpu(0)),
            Some(("gpu", index)) if index.parse::<usize>().is_ok() => Ok(Self::Gpu(index.parse().unwrap_or_default())),
            _ => Err(format!("unknown device {text:?}; write cpu, or gpu:0 for the first GPU")),
        }
    }
}

impl TryFrom<String> for DeviceChoice {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<DeviceChoice> for String {
    fn from(device: DeviceChoice) -> Self {
        device.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_read_from_text() {
        assert_eq!("cpu".parse(), Ok(DeviceChoice::Cpu));
        assert_eq!("gpu:1".parse(), Ok(DeviceChoice::Gpu(1)));
        assert_eq!("gpu".parse(), Ok(DeviceChoice::Gpu(0)));
        assert!("cuda:x".parse::<DeviceChoice>().unwrap_err().contains("gpu:0"));
        assert!("gpu:-1".parse::<DeviceChoice>().is_err());
        assert_eq!(DeviceChoice::Gpu(2).to_string(), "gpu:2");
    }

    #[test]
    #[cfg(not(any(feature = "gpu", feature = "cuda")))]
    fn a_gpu_in_a_cpu_build_is_an_error() {
        let message = DeviceChoice::Gpu(0).check().unwrap_err().to_string();
        assert_eq!(
            message,
            "device gpu:0: this build has no GPU support: rebuild with --features gpu (Vulkan), or use device cpu"
        );
        assert!(DeviceChoice::Cpu.check().is_ok());
    }

    #[test]
    #[cfg(any(feature = "gpu", feature = "cuda"))]
    fn a_gpu_that_is_not_there_is_an_error() {
        let message = DeviceChoice::Gpu(999).check().unwrap_err().to_string();
        assert!(message.starts_with("device gpu:999: "), "{message}");
    }
}
