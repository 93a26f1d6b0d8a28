"""The same of transformers' models in PyTorch, with random weights."""

import torch
from transformers import PerceiverConfig
from transformers import PerceiverForMultimodalAutoencoding
from transformers import PerceiverForOpticalFlow
from transformers import PerceiverModel
from transformers.models.perceiver import modeling_perceiver as parts

from benchmarks.memory_cases.sizes import NUM_LATENTS
from benchmarks.memory_cases.sizes import NUM_SELF_ATTENDS
from benchmarks.memory_cases.sizes import WIDTH

# Into which its documentation divides the outputs of a clip.
NUM_CHUNKS = 128


def flow():
    """One pair of frames at the published size."""
    config = PerceiverConfig(
        d_model=322,
        num_latents=2048,
        d_latents=512,
        num_blocks=1,
        num_self_attends_per_block=24,
        num_self_attention_heads=16,
        num_cross_attention_heads=1,
        train_size=[368, 496],
    )
    patches = torch.randn(1, 2, 27, 368, 496)
    return _forward(PerceiverForOpticalFlow(config), patches)


def clip():
    """One of the 128 chunks that its documentation decodes a clip in."""
    config = PerceiverConfig(
        d_model=704,
        num_latents=784,
        d_latents=512,
        num_blocks=1,
        num_self_attends_per_block=8,
        num_self_attention_heads=8,
        num_cross_attention_heads=1,
        num_frames=16,
        image_size=224,
        audio_samples_per_frame=1920,
        samples_per_patch=16,
        output_shape=[1, 16, 224, 224],
        output_num_channels=512,
        num_labels=700,
        _label_trainable_num_channels=1024,
    )
    num_pixels, num_patches = 16 * 224 * 224, 30_720 // 16
    inputs = {
        "image": torch.rand(1, 16, 3, 224, 224),
        "audio": torch.rand(1, 30720, 1),
        "label": torch.zeros(1, 700),
    }
    queries = {
        "image": torch.arange(num_pixels // NUM_CHUNKS),
        "audio": torch.arange(num_patches // NUM_CHUNKS),
        "label": None,
    }
    model = PerceiverForMultimodalAutoencoding(config)
    return _forward(model, inputs, subsampled_output_points=queries)


def read(num_inputs=16_384):
    """The encoder on a long input."""
    model = PerceiverModel(_growing())
    return _forward(model, torch.randn(1, num_inputs, WIDTH))


def write(num_outputs):
    """The decoder on many queries."""
    config = _growing()
    model = PerceiverModel(config)
    layer = parts.PerceiverLayer(
        config,
        is_cross_attention=True,
        num_heads=1,
        q_dim=WIDTH,
        kv_dim=WIDTH,
        widening_factor=1,
        use_query_residual=False,
    ).eval()
    queries = torch.randn(1, num_outputs, WIDTH)

    def run():
        with torch.inference_mode():
            latents = model(queries[:, :NUM_LATENTS]).last_hidden_state
            return layer(queries, inputs=latents)

    model.eval()
    return run


def _growing():
    return PerceiverConfig(
        d_model=WIDTH,
        num_latents=NUM_LATENTS,
        d_latents=WIDTH,
        num_blocks=1,
        num_self_attends_per_block=NUM_SELF_ATTENDS,
        num_self_attention_heads=8,
        num_cross_attention_heads=1,
    )


def _forward(model, *inputs, **options):
    model.eval()

    def run():
        with torch.inference_mode():
            return model(*inputs, **options)

    return run
