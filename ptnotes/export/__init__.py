"""A saved run's network in the formats of other programs: ONNX, safetensors."""
