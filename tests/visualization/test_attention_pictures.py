import numpy as np
import pytest

from keras_perceiver.visualization import attention_pictures
from tests.visualization.png_pixels import pixels_of

rng = np.random.default_rng(0)


def scores_of(*shape):
    scores = rng.uniform(0, 1, shape)
    return scores / scores.sum(axis=-1, keepdims=True)


def test_what_outputs_read_is_followed_through_the_latents():
    encoder, decoder = scores_of(3, 5, 7), scores_of(2, 4, 5)
    read = attention_pictures.through_latents(encoder, decoder)
    assert read.shape == (4, 7)
    for output in range(4):
        for place in range(7):
            wanted = sum(
                decoder[h, output, n] * encoder[g, n, place]
                for h in range(2)
                for g in range(3)
                for n in range(5)
            ) / (2 * 3)
            assert read[output, place] == pytest.approx(wanted, rel=1e-12)
    np.testing.assert_allclose(read.sum(axis=1), 1, rtol=1e-12)


def looking_at(places, count):
    """Latents that each look at one place alone, `(1, N, count)`."""
    return np.eye(count)[None, places]


def panels(png, count):
    """The panels of a picture, in rows of 4."""
    picture = pixels_of(png)
    rows = -(-count // 4)
    height, width = picture.shape[0] // rows, picture.shape[1] // 4
    return [
        picture[height * row :, width * column :][:height, :width]
        for row, column in (divmod(number, 4) for number in range(count))
    ]


def quarters(panel):
    """How bright the quarters of a panel are, without title and margins."""
    is_drawn = (panel[40:] < 250).all(axis=-1)
    rows = np.flatnonzero(is_drawn.mean(axis=1) > 0.8)
    columns = np.flatnonzero(is_drawn.mean(axis=0) > 0.8)
    panel = panel[40:][rows.min() : rows.max(), columns.min() : columns.max()]
    rows, columns = panel.shape[0] // 2, panel.shape[1] // 2
    return [
        int(panel[top : top + rows, left : left + columns].mean())
        for top in (0, rows)
        for left in (0, columns)
    ]


def test_a_latent_shines_where_it_looks():
    grey = np.full((8, 8, 3), 90.0)
    # One latent a quarter: the middles of the quarters of 8 x 8 pixels.
    places = [9, 14, 49, 54]
    png = attention_pictures.draw_over_image(grey, looking_at(places, 64))
    image, mean, *latents = panels(png, 6)
    assert np.ptp(quarters(image)) < 10
    assert np.ptp(quarters(mean)) < 10
    for number, latent in enumerate(latents):
        bright = quarters(latent)
        assert int(np.argmax(bright)) == number
        assert max(bright) > 1.1 * sorted(bright)[-2]
        # Heat has colours, and the image under it has none.
        assert np.ptp(latent[40:], axis=-1).max() > 40
    assert np.ptp(image[40:], axis=-1).max() < 5


def test_what_the_answer_reads_takes_the_place_of_the_mean():
    grey = np.full((8, 8, 3), 90.0)
    scores = looking_at([9, 14, 49, 54], 64)
    [read] = attention_pictures.through_latents(
        scores, np.array([[[0.0, 0.0, 0.0, 1.0]]])
    )
    png = attention_pictures.draw_over_image(grey, scores, read)
    _, answer, *_ = panels(png, 6)
    assert int(np.argmax(quarters(answer))) == 3


def test_the_sharpest_latents_are_drawn():
    even = np.full((1, 20, 16), 1 / 16)
    even[0, [3, 7, 11]] = np.eye(16)[:3]
    chosen = attention_pictures._sharpest(even[0], 3)
    assert [int(number) for number in chosen] == [3, 7, 11]
    # At most 6 of 20, the image and the mean: two rows of four.
    picture = attention_pictures.draw_over_image(np.zeros((4, 4, 3)), even)
    assert pixels_of(picture)[-40:, -100:].std() > 10


def test_patches_cover_an_image_of_any_form():
    pixels = rng.uniform(0, 255, (8, 24, 3))
    for count in (8 * 24, 2 * 6, 3):
        png = attention_pictures.draw_over_image(pixels, scores_of(2, 3, count))
        height, width, _ = pixels_of(png).shape
        assert width > 2 * height


def test_places_that_make_no_grid_are_told():
    with pytest.raises(
        ValueError, match="17 places are no grid over an image of 8 x 8"
    ):
        attention_pictures.draw_over_image(
            np.zeros((8, 8, 3)), scores_of(1, 2, 17)
        )


def orange_columns(png):
    """Where a picture of one line is plainly orange, from 0 to 1."""
    picture = pixels_of(png)
    is_orange = (picture[..., 0] - picture[..., 2] > 120).any(axis=0)
    return np.flatnonzero(is_orange) / picture.shape[1]


def test_letters_are_marked_that_are_read():
    tokens = [*"abcd", *" " * 28, *"efgh", *"-" * 28]
    scores = np.zeros((1, 64))
    scores[0, 33] = 1
    marked = orange_columns(
        attention_pictures.draw_over_text(tokens, scores, ["f"])
    )
    assert marked.min() == pytest.approx(33 / 64, abs=0.02)
    assert marked.max() == pytest.approx(34 / 64, abs=0.02)


def test_all_letters_of_a_token_are_marked():
    tokens = ["long_token", *["-"] * 54]
    scores = np.zeros((1, 55))
    scores[0, 0] = 1
    marked = orange_columns(
        attention_pictures.draw_over_text(tokens, scores, ["long"])
    )
    assert marked.max() == pytest.approx(10 / 64, abs=0.02)


def test_each_title_has_its_lines():
    one = attention_pictures.draw_over_text("ab", scores_of(1, 2), ["a"])
    many = attention_pictures.draw_over_text(
        "ab" * 50, scores_of(3, 100), ["a", "$b", "c\n"]
    )
    assert pixels_of(many).shape[0] > 3 * pixels_of(one).shape[0]


def test_any_text_can_be_drawn():
    tokens = ["\n", "\x1b", "", "$x_1$", "漢", "\ufffd", "é"]
    png = attention_pictures.draw_over_text(tokens, scores_of(1, 7), ["$"])
    assert pixels_of(png).std() > 10
    still = attention_pictures.draw_over_text(tokens, np.zeros((1, 7)), ["0"])
    assert orange_columns(still).size == 0


def test_scores_of_another_form_are_told():
    with pytest.raises(ValueError, match=r"\(2, 3\). Received: shape \(3, 2\)"):
        attention_pictures.draw_over_text("abc", scores_of(3, 2), ["a", "b"])
