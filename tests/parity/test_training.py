"""Training here and in torch: the same gradients, the same losses.

Both sides have the same weights, batches and losses: cross-entropy of labels
and tokens, the mean squared error of all else.
"""

import copy
import math

import keras
import numpy as np
import pytest
import tensorflow as tf
import torch
from torch.nn import functional

from tests.float64_reference import relative_error
from tests.layer_checks import is_key_bias
from tests.parity import answers
from tests.parity import cases

TOLERANCE = 1e-4
NUM_STEPS = 20
LEARNING_RATE, WEIGHT_DECAY, EPSILON = 0.002, 0.1, 1e-6
CLASSIFIED = ("logits", "label")
# The models divide flow by 100; its error is taken in that unit.
UNITS = {"flow": 0.01}
# What stands in for data that is there, and the padding of the label, which
# the token in its place hides.
UNUSED = {"video_mask/token", "audio_mask/token", "label_padding/padding"}

OPTIMIZERS = {
    "SGD": (
        lambda: keras.optimizers.SGD(LEARNING_RATE),
        lambda parameters: torch.optim.SGD(parameters, LEARNING_RATE),
    ),
    # Both first shrink all weights by the decay times the learning rate.
    "AdamW": (
        lambda: keras.optimizers.AdamW(
            LEARNING_RATE, WEIGHT_DECAY, epsilon=EPSILON
        ),
        lambda parameters: torch.optim.AdamW(
            parameters, LEARNING_RATE, weight_decay=WEIGHT_DECAY
        ),
    ),
}


class Batch:
    """Inputs of a case, with a random target for each of its outputs.

    Attributes:
        inputs: arrays by name.
        targets: arrays by the names of outputs.
        weights: how much each row of an output counts.
    """

    def __init__(self, case, shapes, seed):
        rng = np.random.default_rng([seed, 1])
        self.inputs = case.inputs(seed)
        self.targets, self.weights = {}, {}
        for name, shape in shapes.items():
            self.weights[name] = np.ones(shape[:-1], "float32")
            if name in CLASSIFIED:
                self.targets[name] = rng.integers(shape[-1], size=shape[:-1])
            else:
                target = UNITS.get(name, 1.0) * rng.normal(size=shape)
                self.targets[name] = target.astype("float32")
        if "padding_mask" in self.inputs:
            chosen = rng.random(shapes["logits"][:-1]) < 0.5
            chosen &= self.inputs["padding_mask"]
            # At least one, in a text of one token too.
            chosen[:, 0] = True
            self.weights["logits"] = chosen.astype("float32")

    @property
    def arguments(self):
        """What `train_on_batch` takes."""
        return tuple(
            map(answers.alone, (self.inputs, self.targets, self.weights))
        )


class Pair:
    """Both sides of a case, from the same weights as often as wanted."""

    def __init__(self, case, folder):
        self.case = case
        self.folder = folder
        self._theirs = case.theirs()
        self._theirs.save_pretrained(folder / "weights")
        self._ours = case.ours(folder / "weights")
        self._start = self._ours.get_weights()
        inputs = case.inputs()
        shapes = {
            name: array.shape
            for name, array in answers.their_answer(
                case, self._theirs, inputs
            ).items()
        }
        del shapes["latents"]
        self.batches = [Batch(case, shapes, seed) for seed in range(NUM_STEPS)]

    def theirs(self):
        return copy.deepcopy(self._theirs).train()

    def ours(self, optimizer):
        """Our model with the losses of `torch_loss`."""
        model = self._ours
        model.set_weights(self._start)
        outputs = self.batches[0].targets
        loss_weights = {name: UNITS.get(name, 1.0) ** -2 for name in outputs}
        model.compile(
            optimizer,
            loss=answers.alone({name: keras_loss(name) for name in outputs}),
            loss_weights=answers.alone(loss_weights),
            jit_compile=False,
        )
        return model


def keras_loss(name):
    if name in CLASSIFIED:
        return keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, reduction="mean_with_sample_weight"
        )
    return keras.losses.MeanSquaredError(reduction="mean_with_sample_weight")


def torch_loss(case, model, batch):
    output = model(**case.family.to_theirs(batch.inputs))
    outputs = case.family.their_outputs(output, batch.inputs)
    total = 0.0
    for name, values in outputs.items():
        targets = torch.tensor(batch.targets[name])
        if name in CLASSIFIED:
            losses = functional.cross_entropy(
                values.movedim(-1, 1), targets, reduction="none"
            )
        else:
            losses = ((values - targets) ** 2).mean(-1)
        weights = torch.tensor(batch.weights[name])
        mean = (losses * weights).sum() / weights.sum()
        total += mean / UNITS.get(name, 1.0) ** 2
    return total


def torch_losses(case, model, optimizer, batches):
    """The loss before each step."""
    losses = []
    for step, batch in enumerate(batches, start=1):
        optimizer.zero_grad()
        loss = torch_loss(case, model, batch)
        loss.backward()
        for group in optimizer.param_groups:
            if "betas" in group:
                # Torch adds epsilon to the root of the unbiased second
                # moment, Keras to the root of the biased one.
                bias = 1 - group["betas"][1] ** step
                group["eps"] = EPSILON / math.sqrt(bias)
        optimizer.step()
        losses.append(loss.item())
    return losses


def keras_losses(model, batches):
    losses = []
    for batch in batches:
        # Or it would be the mean over all steps so far.
        model.reset_metrics()
        logs = model.train_on_batch(*batch.arguments, return_dict=True)
        losses.append(float(logs["loss"]))
    return losses


@pytest.fixture(scope="module")
def pair(request, tmp_path_factory):
    # Tracing takes most of the time: one layer, which blocks still share.
    case = request.param.smaller(num_self_attends_per_block=1)
    return Pair(case, tmp_path_factory.mktemp("pair"))


every_case = pytest.mark.parametrize(
    "pair", cases.TINY, ids=cases.name_of, indirect=True
)


@every_case
def test_losses_under_sgd_are_those_of_torch(pair, report):
    check_losses(pair, "SGD", report)


@every_case
def test_losses_under_adamw_are_those_of_torch(pair, report):
    check_losses(pair, "AdamW", report)


def check_losses(pair, optimizer, report):
    make_ours, make_theirs = OPTIMIZERS[optimizer]
    theirs = pair.theirs()
    expected = torch_losses(
        pair.case, theirs, make_theirs(theirs.parameters()), pair.batches
    )
    # Weights that never move would agree too.
    assert abs(expected[-1] / expected[0] - 1) > 0.01
    actual = keras_losses(pair.ours(make_ours()), pair.batches)
    errors = np.abs(np.divide(actual, expected) - 1)
    column = f"{NUM_STEPS} losses, {optimizer}"
    report.near(pair.case.name, column, errors.max())
    assert errors.max() <= TOLERANCE, errors


def their_gradients(pair):
    """Gradients of torch by our weights' paths.

    They are loaded as weights are: by the names and in the layout of which
    the outputs prove that they are right.
    """
    model = pair.theirs()
    torch_loss(pair.case, model, pair.batches[0]).backward()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.grad)
    model.save_pretrained(pair.folder / "gradients")
    carrier = pair.case.ours(pair.folder / "gradients")
    return {
        weight.path: weight.numpy() for weight in carrier.trainable_variables
    }


def our_gradients(pair):
    model = pair.ours(keras.optimizers.SGD())
    inputs, targets, weights = pair.batches[0].arguments
    variables = {
        weight.path: weight.value for weight in model.trainable_variables
    }
    with tf.GradientTape() as tape:
        outputs = model(inputs, training=True)
        loss = model.compute_loss(inputs, targets, outputs, weights)
    return {
        path: tf.convert_to_tensor(gradient).numpy()
        for path, gradient in tape.gradient(loss, variables).items()
    }


@every_case
def test_gradients_are_those_of_torch(pair, report):
    expected, actual = their_gradients(pair), our_gradients(pair)
    assert actual.keys() == expected.keys()
    largest = {
        path: max(np.abs(expected[path]).max(), np.abs(actual[path]).max())
        for path in expected
    }
    errors = {}
    for path, gradient in expected.items():
        if is_key_bias(path):
            # It moves all scores of a row alike, so that both are noise.
            assert largest[path] <= 1e-6 * max(largest.values()), path
        elif path in UNUSED:
            assert largest[path] == 0, path
        else:
            errors[path] = relative_error(actual[path], gradient)
    report.near(pair.case.name, "gradients", max(errors.values()))
    assert max(errors.values()) <= TOLERANCE, errors
