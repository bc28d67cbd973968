//! Where a network is trained, and what it computes in there.

use tch::{Cuda, Device, Kind};

/// A device and the precision of its convolutions and matrices.
///
/// Weights, the statistics of batch normalisation, losses and the optimiser's state are 32-bit
/// floats whatever this says, what lies between the layers is as narrow as what they compute in:
/// mixed precision (Micikevicius et al., *Mixed Precision Training*, 2018), as PyTorch's autocast
/// does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hardware {
    /// Where the network runs; the optimiser's vectors stay in the machine's memory.
    pub device: Device,
    /// What convolutions and linear layers compute in.
    pub precision: Precision,
}

/// What convolutions and linear layers compute in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// 32-bit floats.
    Float32,
    /// bfloat16 inputs and weights.
    Bfloat16,
    /// 16-bit floats, whose gradients are scaled lest small ones become zero.
    Float16,
}

/// Where to train, as asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Place {
    /// On an NVIDIA card where libtorch can use one, else on the processor
    #[default]
    Auto,
    /// On the processor
    Cpu,
    /// On an NVIDIA card
    Cuda,
}

/// An NVIDIA card was asked for and libtorch has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "libtorch cannot use an NVIDIA card here\nhelp: build the trainer with LIBTORCH set to the folder of a CUDA build of libtorch, and see that nvidia-smi lists the card; or train with --device cpu"
)]
pub struct NoCuda;

impl Place {
    /// What there is of it.
    ///
    /// # Errors
    /// When there is no card that was asked for.
    pub fn device(self) -> Result<Device, NoCuda> {
        match self {
            Self::Cpu => Ok(Device::Cpu),
            Self::Auto | Self::Cuda if Cuda::is_available() => Ok(Device::Cuda(0)),
            Self::Auto => Ok(Device::Cpu),
            Self::Cuda => Err(NoCuda),
        }
    }
}

impl Precision {
    /// The fastest that trains well: 16-bit floats on a card, bfloat16 on a processor that
    /// multiplies it in hardware.
    pub fn best_on(device: Device) -> Self {
        match device {
            Device::Cpu => Self::of_this_processor(),
            _ => Self::Float16,
        }
    }

    fn of_this_processor() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            // `amx_bf16` implies `avx512_bf16` on every processor sold, and the latter's name is
            // stable in Rust.
            if is_x86_feature_detected!("avx512bf16") {
                return Self::Bfloat16;
            }
        }
        Self::Float32
    }

    /// The kind of number that inputs and weights are narrowed to; none when they stay as they are.
    pub(super) fn narrowed(self) -> Option<Kind> {
        match self {
            Self::Float32 => None,
            Self::Bfloat16 => Some(Kind::BFloat16),
            Self::Float16 => Some(Kind::Half),
        }
    }
}

impl Hardware {
    /// A device with its best precision.
    pub fn best_on(device: Device) -> Self {
        Self { device, precision: Precision::best_on(device) }
    }
}

impl From<Precision> for Hardware {
    /// On the processor.
    fn from(precision: Precision) -> Self {
        Self { device: Device::Cpu, precision }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_given_or_refused() {
        assert_eq!(Place::Cpu.device(), Ok(Device::Cpu));
        let (auto, cuda) = (Place::Auto.device(), Place::Cuda.device());
        if Cuda::is_available() {
            assert_eq!((auto, cuda), (Ok(Device::Cuda(0)), Ok(Device::Cuda(0))));
        } else {
            assert_eq!((auto, cuda), (Ok(Device::Cpu), Err(NoCuda)));
            assert!(NoCuda.to_string().contains("LIBTORCH"));
        }
    }
}
