"""Train the example and write digits.onnx: ``python -m hwlstm.digits.train [FILE]``.

Seeded and on one thread, so two runs on one machine give the same file. Needs
``pip install 'hwlstm[torch,onnx]'``.
"""

import sys
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from . import MODEL, load_data

__all__ = ["Digits", "export", "train"]

UNITS, CLASSES = 32, 10
EPOCHS, BATCH, RATE = 120, 32, 6e-3
DECAY = 2e-3  # keeps weights small, so that 8 bits resolve them
JITTER = 0.02  # noise on the weights in training: what rounding them will do
BLUR = 0.08  # noise on the pixels: 1347 digits are few
OPSET, IR_VERSION = 17, 8
SEED = 1


class Digits(nn.Module):
    """LSTM 8 -> 32 over the rows of a digit, and a linear layer 32 -> 10 on the last step."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(8, UNITS, batch_first=True)
        self.dense = nn.Linear(UNITS, CLASSES)

    def forward(self, x):
        """Digits (sequences, 8, 8) to logits (sequences, 10)."""
        y, _ = self.lstm(x)
        return self.dense(y[:, -1])


def train(seed: int = SEED, epochs: int = EPOCHS) -> Digits:
    """Train on the training part; deterministic on one thread."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    train_x, train_y, _, _ = load_data()
    x, y = torch.tensor(train_x, dtype=torch.float32), torch.tensor(train_y)
    model = Digits()
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=DECAY)
    batches = -(-len(x) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=epochs * batches)
    for _ in range(epochs):
        for batch in torch.randperm(len(x)).split(BATCH):
            noisy = x[batch] + BLUR * torch.randn(len(batch), 8, 8)
            weights = {k: w + JITTER * torch.randn_like(w) for k, w in model.named_parameters()}
            logits = torch.func.functional_call(model, weights, (noisy,))
            loss = nn.functional.cross_entropy(logits, y[batch], label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
    return model.eval()


def accuracy(model: Digits, x: np.ndarray, y: np.ndarray) -> float:
    with torch.no_grad():
        guess = model(torch.tensor(x, dtype=torch.float32)).argmax(-1).numpy()
    return float((guess == y).mean())


def export(model: Digits, path: Path) -> None:
    """Write the model with an ArgMax behind it; nothing but the model goes into the file."""
    weights = {name: value.detach().numpy() for name, value in model.named_parameters()}
    tensors = {
        "W": stacked(weights["lstm.weight_ih_l0"])[None],
        "R": stacked(weights["lstm.weight_hh_l0"])[None],
        "B": np.concatenate(
            [stacked(weights["lstm.bias_ih_l0"]), stacked(weights["lstm.bias_hh_l0"])]
        )[None],
        "weight": weights["dense.weight"],
        "bias": weights["dense.bias"],
        "first": np.array([0], dtype=np.int64),
    }
    node = helper.make_node
    nodes = [
        node("Transpose", ["x"], ["rows"], name="rows", perm=[1, 0, 2]),
        node("LSTM", ["rows", "W", "R", "B"], ["", "last"], name="lstm", hidden_size=UNITS),
        node("Squeeze", ["last", "first"], ["h"], name="h"),
        node("Gemm", ["h", "weight", "bias"], ["logits"], name="dense", transB=1),
        node("ArgMax", ["logits"], ["digit"], name="argmax", axis=1, keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "digits",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["digits", 8, 8])],
        [helper.make_tensor_value_info("digit", TensorProto.INT64, ["digits"])],
        [numpy_helper.from_array(array, name) for name, array in tensors.items()],
    )
    opsets = [helper.make_opsetid("", OPSET)]
    proto = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
    onnx.checker.check_model(proto, full_check=True)
    path.write_bytes(proto.SerializeToString(deterministic=True))


def stacked(array: np.ndarray) -> np.ndarray:
    """Gates from PyTorch's order i f g o to that of ONNX, i o f g."""
    i, f, g, o = np.split(array, 4)
    return np.concatenate([i, o, f, g])


def main(path: Path) -> None:
    train_x, train_y, test_x, test_y = load_data()
    model = train()
    export(model, path)
    for part, x, y in (("training", train_x, train_y), ("test", test_x, test_y)):
        print(f"{part} accuracy {accuracy(model, x, y):.2%} of {len(y)} digits")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else MODEL)
