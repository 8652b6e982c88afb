"""Records resnets.safetensors beside this file: outputs of ResNets in PyTorch and torchvision.

pip install torch torchvision numpy safetensors

Weights and picture are formulas that Rust computes as well, so only outputs are stored. The sides
are odd, so that every stride meets an uneven edge. Prints the multiply-adds of the convolutions,
counted while they run.
"""
import os
import numpy as np
import torch
import torchvision
from safetensors.numpy import save_file
from torch import nn
from torch.nn import functional as F


class CifarBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.stride, self.empty = stride, (outputs - inputs) // 2

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        short = x[:, :, :: self.stride, :: self.stride]
        return F.relu(y + F.pad(short, (0, 0, 0, 0, self.empty, self.empty)))


class CifarResNet(nn.Module):
    """He et al., section 4.2, shortcuts of option A; names as akamaster/pytorch_resnet_cifar10."""

    def __init__(self, blocks):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        for stage, (inputs, outputs) in enumerate([(16, 16), (16, 32), (32, 64)], 1):
            first = CifarBlock(inputs, outputs, 1 if stage == 1 else 2)
            more = [CifarBlock(outputs, outputs, 1) for _ in range(blocks - 1)]
            setattr(self, f"layer{stage}", nn.Sequential(first, *more))
        self.linear = nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.linear(x.mean((2, 3)))


def noise(name, count):
    """Values from -1 to 1: FNV-1a of the name, then SplitMix64."""
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = (seed ^ byte) * 0x100000001B3 % 2**64
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return (z >> np.uint64(40)).astype(np.float64) / 2**23 - 1


def weights(name, shape):
    u = noise(name, int(np.prod(shape))).reshape(shape)
    if len(shape) == 4:
        scaled = u * np.sqrt(6 / np.prod(shape[1:]))
        return scaled.astype(np.float32).astype(np.float16).astype(np.float32)
    if len(shape) == 2:
        return (u * np.sqrt(3 / shape[1])).astype(np.float32)
    if name.endswith("running_var"):
        return (1 + u / 2).astype(np.float32)
    if name.endswith("weight"):
        return (0.5 + u / 4).astype(np.float32)
    return (u / 8).astype(np.float32)


def picture(side):
    y, x = np.mgrid[0:side, 0:side].astype(np.int64)
    inside = (2 * x - side) ** 2 + (2 * y - side) ** 2 < (side * side * 4) // 9
    red = x * 255 // (side - 1)
    green = np.where(inside, 230, y * 255 // (side - 1))
    blue = np.where((x * 8 // side + y * 8 // side) % 2 == 1, 200, 40)
    return np.stack([red, green, blue], -1).astype(np.float32)


def image(side):
    mean, deviation = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])
    return torch.tensor((picture(side) / 255 - mean) / deviation).permute(2, 0, 1)[None]


def multiply_adds(net, side):
    total = []
    hooks = [
        layer.register_forward_hook(lambda layer, _, y: total.append(y[0, 0].numel() * layer.weight.numel()))
        for layer in net.modules()
        if isinstance(layer, nn.Conv2d)
    ]
    net(torch.zeros(1, 3, side, side))
    for hook in hooks:
        hook.remove()
    return sum(total)


IMAGENET = {name: getattr(torchvision.models, name) for name in ("resnet18", "resnet34", "resnet50")}
CIFAR = {f"cifar-resnet{6 * n + 2}": n for n in (3, 5, 7, 9)}
models = [(name, make(weights=None, num_classes=10), 75, 224) for name, make in IMAGENET.items()]
models += [(name, CifarResNet(n), 27, 32) for name, n in CIFAR.items()]
out = {}
with torch.no_grad():
    for name, net, side, usual in models:
        state = net.eval().state_dict()
        net.load_state_dict({
            key: value if key.endswith("num_batches_tracked") else torch.tensor(weights(key, tuple(value.shape)))
            for key, value in state.items()
        })
        last = net.linear if name in CIFAR else net.fc
        last.register_forward_pre_hook(lambda _, inputs, name=name: out.update({f"{name}.features": inputs[0][0].numpy()}))
        logits = net(image(side))[0].numpy()
        features = out[f"{name}.features"].copy()
        print(name, multiply_adds(net, side), multiply_adds(net, usual), "features up to", features.max())
        out[f"{name}.features"], out[f"{name}.logits"] = features, logits
save_file(out, os.path.join(os.path.dirname(os.path.abspath(__file__)), "resnets.safetensors"))
