//! What a learner consists of: the one description from which its network, the names of its
//! weights and its operations follow.

use super::LearnerConfig;

/// Shape of a residual network of basic blocks.
struct Description {
    /// Kernel and stride of the first convolution.
    stem: (usize, usize),
    /// Whether a 3x3 maximum of stride 2 follows it.
    pool: bool,
    /// Blocks of every stage.
    blocks: usize,
    /// Stages; the first keeps the side and the width, every other halves the side and doubles
    /// the channels.
    stages: usize,
    /// Channels of the first stage.
    width: usize,
}

impl Description {
    fn of(config: &LearnerConfig) -> Self {
        match *config {
            LearnerConfig::Cifar { width, blocks } => Self {
                stem: (3, 1),
                pool: false,
                blocks,
                stages: 3,
                width,
            },
            LearnerConfig::ResNet18 { width } => Self {
                stem: (7, 2),
                pool: true,
                blocks: 2,
                stages: 4,
                width,
            },
            LearnerConfig::ResNet18Cifar { width } => Self {
                stem: (3, 1),
                pool: false,
                blocks: 2,
                stages: 4,
                width,
            },
        }
    }
}

/// A convolution without bias and the batch norm behind it, named as torchvision names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Convolution {
    pub name: String,
    pub norm: String,
    pub inputs: usize,
    pub outputs: usize,
    /// Side of the kernel, which is odd and padded by half of it.
    pub kernel: usize,
    pub stride: usize,
}

impl Convolution {
    /// Side of the output for an input of `side`.
    pub fn side(&self, side: usize) -> usize {
        side.div_ceil(self.stride)
    }

    /// Multiply-adds that make an output of `side`.
    pub fn multiply_adds(&self, side: usize) -> u64 {
        (self.inputs * self.outputs * self.kernel * self.kernel * side * side) as u64
    }

    fn tensors(&self) -> [(String, Vec<usize>); 5] {
        let norm = |part| (format!("{}.{part}", self.norm), vec![self.outputs]);
        let shape = vec![self.outputs, self.inputs, self.kernel, self.kernel];
        [
            (format!("{}.weight", self.name), shape),
            norm("weight"),
            norm("bias"),
            norm("running_mean"),
            norm("running_var"),
        ]
    }
}

/// Two 3x3 convolutions and, where they change the shape, a 1x1 convolution beside them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    pub first: Convolution,
    pub second: Convolution,
    pub shortcut: Option<Convolution>,
}

impl Block {
    fn new(place: &str, inputs: usize, outputs: usize, stride: usize) -> Self {
        let part = |name: &str, norm: &str, inputs, kernel, stride| Convolution {
            name: format!("{place}.{name}"),
            norm: format!("{place}.{norm}"),
            inputs,
            outputs,
            kernel,
            stride,
        };
        let changes = inputs != outputs || stride != 1;
        Self {
            first: part("conv1", "bn1", inputs, 3, stride),
            second: part("conv2", "bn2", outputs, 3, 1),
            shortcut: changes.then(|| part("downsample.0", "downsample.1", inputs, 1, stride)),
        }
    }
}

/// All layers of a learner but for its linear head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub stem: Convolution,
    /// Whether a 3x3 maximum of stride 2 follows the stem.
    pub pool: bool,
    pub blocks: Vec<Block>,
    /// Channels that enter the head.
    pub features: usize,
}

impl Plan {
    /// The plan for images of so many channels.
    pub fn new(config: &LearnerConfig, channels: usize) -> Self {
        let description = Description::of(config);
        let (kernel, stride) = description.stem;
        let stem = Convolution {
            name: "conv1".into(),
            norm: "bn1".into(),
            inputs: channels,
            outputs: description.width,
            kernel,
            stride,
        };
        let mut blocks = Vec::with_capacity(description.stages * description.blocks);
        let mut inputs = description.width;
        for stage in 0..description.stages {
            let outputs = description.width << stage;
            for block in 0..description.blocks {
                let stride = if stage > 0 && block == 0 { 2 } else { 1 };
                let place = format!("layer{}.{block}", stage + 1);
                blocks.push(Block::new(&place, inputs, outputs, stride));
                inputs = outputs;
            }
        }
        Self {
            stem,
            pool: description.pool,
            blocks,
            features: inputs,
        }
    }

    /// Name and shape of every tensor of the convolutions and batch norms.
    pub fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        let of_blocks = self.blocks.iter().flat_map(|block| {
            let both = [&block.first, &block.second];
            both.into_iter().chain(&block.shortcut)
        });
        let convolutions = std::iter::once(&self.stem).chain(of_blocks);
        convolutions.flat_map(Convolution::tensors).collect()
    }

    /// Multiply-adds of the stem and of all convolutions, for one image of `side`.
    pub fn multiply_adds(&self, side: usize) -> (u64, u64) {
        let mut side = self.stem.side(side);
        let stem = self.stem.multiply_adds(side);
        if self.pool {
            side = side.div_ceil(2);
        }
        let mut all = stem;
        for block in &self.blocks {
            side = block.first.side(side);
            let both = [&block.first, &block.second];
            let layers = both.into_iter().chain(&block.shortcut);
            all += layers.map(|layer| layer.multiply_adds(side)).sum::<u64>();
        }
        (stem, all)
    }

    /// Values of the largest tensor that one image of `side` becomes on its way.
    pub fn largest(&self, side: usize) -> u64 {
        let values = |channels: usize, side: usize| channels as u64 * (side * side) as u64;
        let mut largest = values(self.stem.inputs, side);
        let mut side = self.stem.side(side);
        largest = largest.max(values(self.stem.outputs, side));
        if self.pool {
            side = side.div_ceil(2);
        }
        for block in &self.blocks {
            side = block.first.side(side);
            largest = largest.max(values(block.first.outputs, side));
        }
        largest
    }
}

/// The head's tensors, as torchvision names them.
pub fn head(features: usize, classes: usize) -> [(String, Vec<usize>); 2] {
    [
        ("fc.weight".into(), vec![classes, features]),
        ("fc.bias".into(), vec![classes]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_tensor_is_found_wherever_it_lies() {
        let largest = |name: &str, channels, side| {
            let config = name.parse().unwrap();
            Plan::new(&config, channels).largest(side)
        };
        // Behind the stem, 112x112; the image itself; behind a stage that no side is left to halve.
        assert_eq!(largest("resnet18", 3, 224), 64 * 112 * 112);
        assert_eq!(largest("resnet8-w2", 3, 32), 3 * 32 * 32);
        assert_eq!(largest("resnet18-cifar-w2", 1, 1), 16);
    }

    #[test]
    fn resnet18_has_torchvisions_tensors() {
        let plan = Plan::new(&LearnerConfig::ResNet18 { width: 64 }, 3);
        let tensors = plan.tensors();
        // 20 convolutions, each with four tensors of its batch norm.
        assert_eq!(tensors.len(), 100);
        for (name, shape) in [
            ("conv1.weight", vec![64, 3, 7, 7]),
            ("bn1.running_var", vec![64]),
            ("layer1.1.conv2.weight", vec![64, 64, 3, 3]),
            ("layer2.0.conv1.weight", vec![128, 64, 3, 3]),
            ("layer2.0.downsample.0.weight", vec![128, 64, 1, 1]),
            ("layer4.0.downsample.1.bias", vec![512]),
            ("layer4.1.bn2.running_mean", vec![512]),
        ] {
            assert!(tensors.contains(&(name.into(), shape)), "{name}");
        }
        let first_stage = |name: &str| name.starts_with("layer1") && name.contains("downsample");
        assert!(!tensors.iter().any(|(name, _)| first_stage(name)));
        // 11,176,512 parameters, as torchvision's network without its head has.
        let trained = |name: &str| !name.contains("running");
        let values = |shape: &[usize]| shape.iter().product::<usize>();
        let sizes = tensors.iter().filter(|(name, _)| trained(name));
        assert_eq!(sizes.map(|(_, s)| values(s)).sum::<usize>(), 11_176_512);
    }
}
