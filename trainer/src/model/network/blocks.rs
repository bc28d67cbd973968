//! The few patterns that every network here is made of.

use super::{Builder, Op, Value};

impl Builder {
    /// Convolution without bias; padded so that a stride of `s` gives `ceil(side / s)` cells.
    pub fn conv(
        &mut self,
        name: &str,
        from: Value,
        [input, output]: [i64; 2],
        kernel: i64,
        stride: i64,
    ) -> Value {
        let padding = (kernel - stride + 1) / 2;
        let op = Op::Conv { input, output, kernel, stride, padding: padding.max(0), groups: 1, bias: false };
        self.push(name, op, &[from])
    }

    /// 1x1 convolution with bias: the last layer of a head.
    pub fn head_conv(&mut self, name: &str, from: Value, [input, output]: [i64; 2]) -> Value {
        let op = Op::Conv { input, output, kernel: 1, stride: 1, padding: 0, groups: 1, bias: true };
        self.push(name, op, &[from])
    }

    /// Convolution, batch normalisation, ReLU: `name.conv`, `name.bn`, `name.relu`.
    pub fn conv_bn_relu(
        &mut self,
        name: &str,
        from: Value,
        channels: [i64; 2],
        kernel: i64,
        stride: i64,
    ) -> Value {
        let x = self.conv(&format!("{name}.conv"), from, channels, kernel, stride);
        let x = self.push(&format!("{name}.bn"), Op::BatchNorm { channels: channels[1] }, &[x]);
        self.push(&format!("{name}.relu"), Op::Relu, &[x])
    }

    /// The basic residual block of He et al., *Deep Residual Learning for Image Recognition*
    /// (2016), with the names that torchvision gives its parts.
    pub fn residual(&mut self, name: &str, from: Value, channels: [i64; 2], stride: i64) -> Value {
        let [input, output] = channels;
        let x = self.conv(&format!("{name}.conv1"), from, channels, 3, stride);
        let x = self.push(&format!("{name}.bn1"), Op::BatchNorm { channels: output }, &[x]);
        let x = self.push(&format!("{name}.relu1"), Op::Relu, &[x]);
        let x = self.conv(&format!("{name}.conv2"), x, [output, output], 3, 1);
        let x = self.push(&format!("{name}.bn2"), Op::BatchNorm { channels: output }, &[x]);
        let skip = if input == output && stride == 1 {
            from
        } else {
            let skip = self.conv(&format!("{name}.downsample.0"), from, channels, 1, stride);
            self.push(&format!("{name}.downsample.1"), Op::BatchNorm { channels: output }, &[skip])
        };
        let x = self.push(&format!("{name}.add"), Op::Add, &[x, skip]);
        self.push(&format!("{name}.relu2"), Op::Relu, &[x])
    }
}
