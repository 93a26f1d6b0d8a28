import csv
import itertools

import numpy as np
import PIL.Image
import pytest
import tensorflow as tf

from keras_perceiver.data import images
from keras_perceiver.training.run_folder import RunFolder
from recipes.assignments import assign
from recipes.imagenet import RECIPE
from recipes.imagenet.data import ImageData

MIXED = {
    "data.mixup-alpha": "0.2",
    "data.rand-augment-layers": "2",
    "data.flip": "true",
}


def configured(**settings):
    settings = {"training.batch-size": "4", **settings}
    return assign(RECIPE.configuration("tiny"), list(settings.items()))


def batches(data, first_example, count):
    dataset = data.training_dataset(first_example).take(count)
    return list(dataset.as_numpy_iterator())


def flat(parts):
    return [np.concatenate(part) for part in zip(*parts, strict=True)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Class folders of photographs of one colour, and how many there are."""
    path = tmp_path_factory.mktemp("images")
    rng = np.random.default_rng(0)
    for name, colour in {"blue": 2, "green": 1, "red": 0}.items():
        (path / name).mkdir()
        for number in range(30):
            pixels = rng.integers(0, 60, (12, 16, 3))
            pixels[..., colour] += 150
            image = PIL.Image.fromarray(pixels.astype("uint8"))
            image.save(path / name / f"{number:02d}.png")
    return path


@pytest.mark.parametrize("settings", [{}, MIXED])
def test_example_n_is_the_same_wherever_one_begins(settings):
    data = ImageData(configured(**settings))
    whole = flat(batches(data, 0, 5))
    later = flat(batches(data, 8, 3))
    for one, other in zip(whole, later, strict=True):
        np.testing.assert_array_equal(one[8:], other)
    other_size = ImageData(
        configured(**settings, **{"training.batch-size": "10"})
    )
    for one, other in zip(whole, flat(batches(other_size, 0, 2)), strict=True):
        np.testing.assert_array_equal(one, other)


def test_another_seed_gives_other_examples():
    one, other = (
        flat(batches(ImageData(configured(**{"training.seed": seed})), 0, 4))
        for seed in ("0", "1")
    )
    assert np.any(one[1] != other[1])
    assert np.any(one[0] != other[0])


@pytest.mark.parametrize("settings", [{}, MIXED])
def test_shapes_are_static_and_types_those_of_the_model(settings):
    pixels, targets, weights = (
        ImageData(configured(**settings)).training_dataset(0).element_spec
    )
    assert (pixels.shape, pixels.dtype) == ((4, 8, 8, 3), tf.float32)
    assert (targets.shape, targets.dtype) == ((4, 10), tf.float32)
    assert (weights.shape, weights.dtype) == ((4,), tf.float32)


def test_an_epoch_shows_every_training_image_once():
    data = ImageData(configured())
    counts = data.source.training_counts()
    size = int(counts.sum()) // 4 * 4
    _, targets, weights = flat(batches(data, 0, size // 4))
    assert weights.min() == 1
    # All but what did not fill the last batch.
    assert np.all(counts - targets.sum(axis=0) >= 0)
    assert targets.sum() == size


def test_mixed_labels_are_shares_of_two():
    data = ImageData(configured(**MIXED))
    _, targets, weights = flat(batches(data, 0, 16))
    np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=1e-6)
    assert (targets > 0).sum(axis=1).max() == 2
    assert weights.min() == 1


def test_evaluation_shows_digits_as_they_are():
    """The margin of the files is what the published crop cuts off."""
    data = ImageData(configured(**{"training.batch-size": "7"}))
    pixels, targets, weights = flat(
        data.evaluation_dataset().as_numpy_iterator()
    )
    assert len(pixels) == 400
    assert weights.sum() == 400
    found = np.asarray(images.denormalize(pixels))
    digits = data.source.pixels[data.source.heldout].astype("float32")
    np.testing.assert_allclose(
        found, np.repeat(digits[..., None], 3, axis=-1), atol=1e-3
    )
    labels = [data.class_names[label] for label in targets.argmax(axis=1)]
    assert labels == data.heldout_columns()["label"]
    assert data.evaluation_dataset().cardinality() == 58


def test_evaluation_can_be_of_fewer_images_of_every_class():
    data = ImageData(configured(**{"training.evaluation-examples": "50"}))
    _, targets, _ = flat(data.evaluation_dataset().as_numpy_iterator())
    assert targets.sum(axis=0).tolist() == [5] * 10


def test_evaluation_is_not_trained_on():
    data = ImageData(configured())
    heldout = {row.tobytes() for row in data.source.pixels[data.source.heldout]}
    first = itertools.islice(data.first_training_views(1397), 400)
    training = flat(batch for batch in first)[0]
    training = np.rint(images.denormalize(training)[..., 0]).astype("uint8")
    assert not heldout & {row.tobytes() for row in training}


def test_classes_have_to_be_as_many_as_the_models(folder):
    data = ImageData(configured(**{"data": str(folder)}))
    with pytest.raises(ValueError, match=r"Set --model\.num-classes 3"):
        data.check()


def test_class_folders_are_read(folder):
    data = ImageData(
        configured(**{"data": str(folder), "model.num-classes": "3"})
    )
    data.check()
    assert data.class_names == ["blue", "green", "red"]
    pixels, targets, _ = flat(data.evaluation_dataset().as_numpy_iterator())
    assert 0 < len(pixels) < 30
    colours = np.asarray(images.denormalize(pixels)).mean(axis=(1, 2))
    np.testing.assert_array_equal(
        colours.argmax(axis=1), 2 - targets.argmax(axis=1)
    )
    assert any("3 classes" in line for line in data.describe())


@pytest.fixture
def spoiled(folder, tmp_path):
    """The same folder with two files that are no images, and its data."""
    for path in folder.rglob("*.png"):
        copy = tmp_path / "images" / path.relative_to(folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    (tmp_path / "images" / "red" / "00.png").write_bytes(b"no image")
    cut = (tmp_path / "images" / "blue" / "07.png").read_bytes()[:90]
    (tmp_path / "images" / "blue" / "07.png").write_bytes(cut)
    return tmp_path / "images"


def epoch_over(data, tmp_path, steps):
    """What the data's callbacks do behind an epoch."""
    folder = RunFolder(tmp_path / "run")
    folder.create({}, {}, {})
    (watch,) = data.callbacks(folder)
    model = type("Model", (), {})()
    model.optimizer = type("Optimizer", (), {"iterations": steps})()
    watch.set_model(model)
    watch.on_train_begin()
    watch.on_epoch_end(0)
    return folder.path / "unreadable.csv"


def test_unreadable_images_weigh_nothing_and_are_listed(spoiled, tmp_path):
    data = ImageData(
        configured(**{"data": str(spoiled), "model.num-classes": "3"})
    )
    count = int(data.source.training_counts().sum())
    steps = count // 4 + 1
    pixels, _, weights = flat(batches(data, 0, steps))
    _, _, evaluated = flat(data.evaluation_dataset().as_numpy_iterator())
    bad = np.sum(weights[:count] == 0) + np.sum(evaluated == 0)
    assert bad == 2
    assert np.all(np.isfinite(pixels))
    path = epoch_over(data, tmp_path, steps)
    with path.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [row["name"][-10:] for row in rows] == ["lue/07.png", "red/00.png"]
    assert "damaged" in rows[0]["problem"]
    assert "neither JPEG nor PNG" in rows[1]["problem"]


def test_too_many_unreadable_images_end_the_run(spoiled, tmp_path):
    for number in range(1, 15):
        (spoiled / "red" / f"{number:02d}.png").write_bytes(b"no image")
    data = ImageData(
        configured(**{"data": str(spoiled), "model.num-classes": "3"})
    )
    batches(data, 0, 22)
    with pytest.raises(ValueError, match="cannot be read"):
        epoch_over(data, tmp_path, 22)
    assert (
        len((tmp_path / "run" / "unreadable.csv").read_text().splitlines()) > 10
    )


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("data.smallest-area", "0", "smallest_area=0"),
        ("data.label-smoothing", "1", "--data.label-smoothing takes"),
        ("data.mixup-alpha", "0", "--data.mixup-alpha takes"),
        ("data.label-skew", "0.5", "label skew"),
        ("data.unreadable-share", "2", "Received: 2"),
        ("data.rand-augment-magnitude", "11", "magnitude"),
        ("data", "digit", "Did you mean 'digits'"),
    ],
)
def test_mistakes_are_named(key, value, message):
    with pytest.raises(ValueError, match=message):
        ImageData(configured(**{key: value}))


def test_baselines_and_record():
    data = ImageData(configured())
    measures = data.baselines()
    kinds = {name: row["kind"] for name, row in measures.items()}
    assert kinds == {
        "majority": "baseline",
        "logistic_regression": "reference",
        "nearest_neighbours": "reference",
    }
    assert 0.85 < measures["majority"]["top_1_error"] < 0.95
    # Both are near 98% on these digits.
    assert measures["logistic_regression"]["top_1_error"] < 0.05
    assert measures["nearest_neighbours"]["top_1_error"] < 0.03
    assert data.record()["heldout_examples"] == 400


def test_large_images_have_no_classical_references(folder):
    data = ImageData(
        configured(
            **{
                "data": str(folder),
                "model.num-classes": "3",
                "model.image-shape": "40,40,3",
            }
        )
    )
    assert list(data.baselines()) == ["majority"]
