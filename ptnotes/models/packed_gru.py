"""nn.GRU, faster on packed sequences on the CPU.

The arithmetic is nn.GRU's; what differs is the order of the work, by what it saves:

- The backward direction is a forward pass over the reversed sequences, and these have the same
  lengths: both directions take each step in one batched product.
- The gradients of the weights are one product over all steps, not a product and a sum per step.
- What the first layer computes from an embedded code is computed once per code of the alphabet.
- The first step has no state before it to multiply.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

DIRECTIONS = 2


class Places(NamedTuple):
    """Where the elements (E) of N packed sequences are: step by step, the longest sequence first.

    ``sizes`` are the steps' elements. ``mirrored`` (E) is the place of the element that is
    there in the reversed sequence, ``previous`` (E - N) of the one before, from the second step
    on, ``last`` (N) of each sequence's last one.
    """

    sizes: list[int]
    mirrored: Tensor
    previous: Tensor
    last: Tensor


def places(sizes: Tensor) -> Places:
    """From a PackedSequence's ``batch_sizes`` (steps), on the CPU."""
    sequences = int(sizes[0])
    lengths = (sizes.unsqueeze(1) > torch.arange(sequences)).sum(0)  # (N), longest first
    starts = sizes.cumsum(0) - sizes
    step = torch.repeat_interleave(torch.arange(len(sizes)), sizes)  # (E)
    sequence = torch.arange(len(step)) - starts[step]  # (E)
    later = slice(sequences, None)
    return Places(
        sizes.tolist(),
        mirrored=starts[lengths[sequence] - 1 - step] + sequence,
        previous=starts[step[later] - 1] + sequence[later],
        last=starts[lengths - 1] + torch.arange(sequences),
    )


class _Recurrence(torch.autograd.Function):
    """A layer's steps in D directions: r, z = σ(i + W h), n = tanh(i + r (W h + b)),
    h ← n + z (h - n).
    """

    @staticmethod
    def forward(
        ctx: Any, inputs: Tensor, weight: Tensor, bias: Tensor, sizes: list[int], previous: Tensor
    ) -> Tensor:
        """What the inputs add to the gates (D, E, 3H), ``weight`` (D, 3H, H), ``bias`` of the
        new gate (D, 1, H) → the states (D, E, H).
        """
        width = inputs.shape[2] // 3 * 2  # of the gates r and z
        inputs_new = inputs[:, :, width:]
        gates = torch.cat([inputs[:, :, :width], bias.expand_as(inputs_new)], 2)
        new, states = torch.empty_like(inputs_new), torch.empty_like(inputs_new)
        transposed = weight.transpose(1, 2)
        state = None
        for gate, i_new, n, h in zip(
            *(each.split(sizes, 1) for each in (gates, inputs_new, new, states)), strict=True
        ):
            if state is not None:
                state = state[:, : h.shape[1]]  # of the sequences that have not ended
                gate.baddbmm_(state, transposed)
            r, z = gate[:, :, :width].sigmoid_().chunk(2, dim=2)
            torch.addcmul(i_new, r, gate[:, :, width:], out=n).tanh_()
            if state is None:
                torch.addcmul(n, n, z, value=-1, out=h)
            else:
                torch.lerp(n, state, z, out=h)
            state = h
        ctx.save_for_backward(weight, gates, new, states, previous)
        ctx.sizes = sizes
        return states

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        if torch.is_grad_enabled():  # create_graph: what follows would give wrong ones
            raise RuntimeError("a PackedGRU has no second derivatives: take nn.GRU")
        weight, gates, new, states, previous = ctx.saved_tensors
        sizes, (directions, elements, hidden) = ctx.sizes, new.shape
        r, z, recurrent = gates.split(hidden, dim=2)
        first = sizes[0]
        before = states.index_select(1, previous)  # (D, E - N, H); the first step's are zero

        # by what a state's gradient is multiplied for r, z and for W h + b of the new gate
        factors = new.new_empty(directions, elements, 3, hidden)
        of_r, of_z, of_recurrent = factors.unbind(2)
        of_new = (1 - z).mul_(1 - new * new)
        slope = z * (1 - z)
        torch.mul(new[:, :first], slope[:, :first], out=of_z[:, :first]).neg_()
        torch.mul(before - new[:, first:], slope[:, first:], out=of_z[:, first:])
        torch.mul(of_new, r, out=of_recurrent)
        torch.mul(of_recurrent, recurrent * (1 - r), out=of_r)

        grads = torch.empty_like(factors)
        products = grads.view(directions, elements, 3 * hidden)
        grad = grad.clone()
        steps = [each.split(sizes, 1) for each in (grad, z, factors, grads, products)]
        for step in reversed(range(len(sizes))):
            g, z_, factor, out, product = (each[step] for each in steps)
            torch.mul(factor, g.unsqueeze(2), out=out)
            if step:
                one_before = steps[0][step - 1][:, : g.shape[1]]
                one_before.addcmul_(g, z_).baddbmm_(product, weight)

        of_weight = torch.bmm(products[:, first:].transpose(1, 2), before)
        of_bias = grads[:, :, 2].sum(1, keepdim=True)
        torch.mul(of_new, grad, out=grads[:, :, 2])  # from here on the gradients of the inputs
        return products, of_weight, of_bias, None, None


def _is_plain(embedding: nn.Embedding | None) -> bool:
    """Whether looking its weights up is all that the embedding does."""
    if embedding is None:
        return True
    options = (embedding.padding_idx, embedding.max_norm)
    changed = embedding.scale_grad_by_freq or embedding.sparse
    hooks = any(
        getattr(embedding, f"_{kind}_hooks")
        for kind in ("forward", "forward_pre", "backward", "backward_pre")
    )
    plain = type(embedding) is nn.Embedding  # a subclass may compute something else
    return plain and options == (None, None) and not (changed or hooks)


class PackedGRU(nn.GRU):
    """nn.GRU with its parameters, arguments and results.

    With ``embedding`` the packed sequence holds codes (E), which stand for their embeddings. Other
    inputs than packed ones, one direction, no biases, dropout, an initial state, embeddings with
    options, other devices and autocast are computed by nn.GRU itself. No second derivatives.
    """

    def forward(  # type: ignore[override]
        self,
        input: Tensor | PackedSequence,
        hx: Tensor | None = None,
        *,
        embedding: nn.Embedding | None = None,
    ) -> tuple[Tensor | PackedSequence, Tensor]:
        """Output and final states (directions · layers, N, H), as nn.GRU returns them."""
        packed = isinstance(input, PackedSequence)
        if isinstance(input, PackedSequence) and hx is None and self._is_covered(input.data):
            if _is_plain(embedding):
                return self._forward_both_directions(input, embedding)
        if embedding is not None:
            input = PackedSequence(embedding(input[0]), *input[1:]) if packed else embedding(input)
        return super().forward(input, hx)

    def _is_covered(self, data: Tensor) -> bool:
        drops = self.dropout > 0 and self.training and self.num_layers > 1
        autocast = torch.is_autocast_enabled("cpu")
        return self.bidirectional and self.bias and data.is_cpu and not (drops or autocast)

    def _parameters_of(self, layer: int) -> list[Tensor]:
        """w_ih, w_hh, b_ih, b_hh, those of both directions stacked."""
        return [
            torch.stack([getattr(self, f"{name}_l{layer}{end}") for end in ("", "_reverse")])
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        ]

    def _forward_both_directions(
        self, packed: PackedSequence, embedding: nn.Embedding | None
    ) -> tuple[PackedSequence, Tensor]:
        sizes, mirrored, previous, last = places(packed.batch_sizes)
        width = 2 * self.hidden_size  # of the gates r and z
        data, final = packed.data, []
        for layer in range(self.num_layers):
            w_ih, w_hh, b_ih, b_hh = self._parameters_of(layer)
            bias = torch.cat([b_ih[:, :width] + b_hh[:, :width], b_ih[:, width:]], 1).unsqueeze(1)
            if layer == 0 and embedding is not None:
                codes = embedding.weight.expand(DIRECTIONS, -1, -1)
                table = torch.baddbmm(bias, codes, w_ih.transpose(1, 2)).flatten(0, 1)
                both_ways = torch.cat([data, data[mirrored] + embedding.num_embeddings])
                inputs = table.index_select(0, both_ways).view(DIRECTIONS, len(mirrored), -1)
            else:
                both_ways = torch.stack([data, data.index_select(0, mirrored)])
                inputs = torch.baddbmm(bias, both_ways, w_ih.transpose(1, 2))  # (2, E, 3H)
            states = _Recurrence.apply(inputs, w_hh, b_hh[:, width:].unsqueeze(1), sizes, previous)
            forward, backward = states  # (E, H)
            data = torch.cat([forward, backward.index_select(0, mirrored)], 1)  # (E, 2H)
            final.append(states.index_select(1, last))  # (2, N, H)
        hidden = self.permute_hidden(torch.cat(final), packed.unsorted_indices)
        return PackedSequence(data, *packed[1:]), hidden
