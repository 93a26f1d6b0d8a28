import types

import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.training.strategies import STRATEGIES
from keras_perceiver.training.strategies import WHOLE
from keras_perceiver.training.strategies import Share
from keras_perceiver.training.strategies import by_share
from keras_perceiver.training.strategies import check_batch
from keras_perceiver.training.strategies import get_strategy
from keras_perceiver.training.strategies import is_chief
from keras_perceiver.training.strategies import number_of_workers
from tests.training import two_devices

ON_TWO_DEVICES = """
import json
import sys

import keras
import numpy as np
import tensorflow as tf

from keras_perceiver.models import language
from keras_perceiver.training.lamb import LAMB
from keras_perceiver.training.model import TrainingModel
from keras_perceiver.training.strategies import get_strategy

rng = np.random.default_rng(0)
token_ids = rng.integers(1, 7, (3, 8, 5)).astype("int32")
padding_mask = np.arange(5) < rng.integers(3, 6, (3, 8, 1))
# The same weights in the halves of a batch, since each takes its own mean.
weights = np.tile(rng.random((3, 4, 5)), (1, 2, 1)).astype("float32")
data = tf.data.Dataset.from_tensor_slices((
    {"token_ids": token_ids * (weights < 0.7), "padding_mask": padding_mask},
    token_ids,
    weights * (weights > 0.3),
))


class Saver(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if epoch == 1:
            self.model.save_training_state(sys.argv[1], {"step": 2})


def losses(strategy, seed, resume=False):
    keras.utils.set_random_seed(seed)
    with strategy.scope():
        model = language(
            vocabulary_size=7, max_length=5, embedding_dim=4, num_latents=2,
            latent_dim=4, num_self_attends_per_block=1, qk_channels=4,
            num_cross_attention_heads=1, num_self_attention_heads=1,
            num_decoder_heads=1, v_channels=4, decoder_qk_channels=4,
            decoder_v_channels=4, embedding_stddev=0.5,
        )
        model = TrainingModel(model.input, model.output)
        loss = keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, reduction="mean_with_sample_weight"
        )
        # Without a graph: tracing it would take twice the time of the rest.
        model.compile(LAMB(0.01), loss, run_eagerly=True)
    first = 0
    if resume:
        first = model.load_training_state(sys.argv[1])["step"]
    return model.fit(
        data.skip(first), steps_per_epoch=1, initial_epoch=first, epochs=3,
        callbacks=[] if resume else [Saver()], shuffle=False, verbose=0,
    ).history["loss"]


mirrored = get_strategy("mirrored")
print(json.dumps({
    "replicas": mirrored.num_replicas_in_sync,
    "none": losses(get_strategy("none"), 0),
    "mirrored": losses(mirrored, 0),
    "resumed": losses(mirrored, 1, resume=True),
}))
"""


def test_none_is_one_device():
    strategy = get_strategy("none")
    assert strategy.num_replicas_in_sync == 1
    with strategy.scope():
        assert not tf.distribute.has_strategy()


def test_mirrored_is_a_mirrored_strategy():
    assert isinstance(get_strategy("mirrored"), tf.distribute.MirroredStrategy)
    assert set(STRATEGIES) == {"none", "mirrored", "multiworker", "tpu"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("mirored", "'mirored'. Did you mean 'mirrored'?"),
        ("pod", "'pod'. Valid: mirrored, multiworker, none, tpu."),
    ],
)
def test_an_unknown_name_is_told_the_valid_ones(name, words):
    with pytest.raises(ValueError, match="Unknown strategy") as error:
        get_strategy(name)
    assert words in str(error.value)


def test_parameter_servers_are_refused_with_the_reason():
    with pytest.raises(ValueError, match="Keras 3 cannot train") as error:
        get_strategy("parameter_server")
    assert "multiworker" in str(error.value)


def test_without_a_tpu_there_is_no_tpu():
    with pytest.raises(ValueError, match="found no TPU named 'local'"):
        get_strategy("tpu")


def test_workers_are_for_one_strategy():
    with pytest.raises(ValueError, match="are for --strategy multiworker"):
        get_strategy("mirrored", workers="a:1,b:1")


def test_several_workers_come_before_the_first_tensor():
    tf.constant(1)
    with pytest.raises(ValueError, match="Call get_strategy first of all"):
        get_strategy("multiworker", "localhost:20000", 0)


@pytest.mark.parametrize(
    ("size", "accumulate", "words"),
    [
        (7, 1, "equally by 2 replicas. Did you mean 6?"),
        (10, 2, "by 2 replicas with 2 parts each. Did you mean 8?"),
        (1, 1, "Did you mean 2?"),
    ],
)
def test_a_batch_has_equal_parts(size, accumulate, words):
    strategy = types.SimpleNamespace(num_replicas_in_sync=2)
    check_batch(strategy, 12, 3)
    with pytest.raises(ValueError, match=r"--training\.batch-size") as error:
        check_batch(strategy, size, accumulate)
    assert words in str(error.value)


def test_one_process_is_its_own_chief():
    assert is_chief()
    for name in ("none", "mirrored"):
        assert is_chief(get_strategy(name))
        assert number_of_workers(get_strategy(name)) == 1


@pytest.mark.parametrize(("index", "chief"), [(0, True), (1, False)])
def test_the_first_worker_is_the_chief(index, chief, monkeypatch):
    resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
        tf.train.ClusterSpec({"worker": ["a:1", "b:1"]}),
        task_type="worker",
        task_id=index,
    )
    strategy = tf.distribute.MultiWorkerMirroredStrategy.__new__(
        tf.distribute.MultiWorkerMirroredStrategy
    )
    monkeypatch.setattr(
        type(strategy), "cluster_resolver", property(lambda _: resolver)
    )
    assert is_chief(strategy) == chief
    assert number_of_workers(strategy) == 2


@pytest.fixture(scope="module")
def losses(tmp_path_factory):
    """Losses of one run on one device and on two, and of a resumed one."""
    state = tmp_path_factory.mktemp("two_devices") / "state.safetensors"
    return two_devices.run(ON_TWO_DEVICES, str(state))


def test_two_devices_give_the_losses_of_one(losses):
    assert losses["replicas"] == 2
    assert len(losses["none"]) == 3
    # They learn, each step from the one before.
    assert np.ptp(losses["none"]) > 0.05
    np.testing.assert_allclose(losses["mirrored"], losses["none"], rtol=1e-5)


def test_two_devices_resume_exactly(losses):
    assert losses["resumed"] == losses["mirrored"][2:]


def test_shares_are_equal_parts_of_every_batch():
    second = Share(1, 2)
    numbers = [number for number in range(12) if second.has(number, 4)]
    assert numbers == [2, 3, 6, 7, 10, 11]
    for number in range(12):
        owners = [Share(index, 4).has(number, 4) for index in range(4)]
        assert owners.index(True) == number % 4
        assert sum(owners) == 1
        assert WHOLE.has(number, 4)


def test_one_worker_makes_whole_batches():
    made = by_share(
        get_strategy("none"),
        lambda share: tf.data.Dataset.range(share.count).repeat(),
        6,
    )
    assert next(made.as_numpy_iterator()) == 0
    assert made.element_spec == tf.TensorSpec((), tf.int64)
