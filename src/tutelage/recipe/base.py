"""The base section: which model the method starts from, or how one is pretrained."""

from pydantic import Field

from tutelage.recipe.section import MicroBatchTokens, Section


class ArchitectureRecipe(Section):
    """The shape of a model pretrained here (decoder-only, rotary positions); 1.3B parameters by default."""

    hidden_size: int = Field(2048, gt=0, description="width of the residual stream (GPT-3 1.3B: 2048)")
    layers: int = Field(24, gt=0, description="number of blocks (GPT-3 1.3B: 24)")
    heads: int = Field(
        16,
        gt=0,
        description="attention heads a block; twice as many divide hidden_size (GPT-3 1.3B: 16 of 128)",
    )
    intermediate_size: int = Field(
        5504, gt=0, description="width of the gated feed-forward layer, about 8/3 of hidden_size"
    )
    vocabulary_size: int = Field(50257, gt=0, description="tokens known to the tokenizer (GPT-3: 50257)")
    context: int = Field(
        2048, gt=0, description="tokens the model can see, prompt and completion together (App. C: 2048)"
    )


class BaseRecipe(Section):
    """The base model. The paper starts from GPT-3; the pretraining defaults are those of its 1.3B model."""

    model: str | None = Field(
        None,
        description="transformers folder or hub name of the base model; 'mini' = the one shipped with the "
        "embedded world; null = pretrain one from `architecture`",
    )
    architecture: ArchitectureRecipe = Field(
        ArchitectureRecipe(), description="shape of the model that is pretrained when `model` is null"
    )
    tokens: int = Field(300_000_000_000, gt=0, description="tokens pretrained on (GPT-3: 300 billion)")
    batch_tokens: int = Field(1_000_000, gt=0, description="tokens an optimiser step (GPT-3 1.3B: 1 million)")
    row_tokens: int = Field(
        2048,
        gt=1,
        description="tokens a packed row; also for the initialization and the ptx term (App. C: 2048)",
    )
    learning_rate: float = Field(2e-4, gt=0, description="peak learning rate (GPT-3 1.3B: 2e-4)")
    final_learning_rate: float = Field(
        0.1, ge=0, le=1, description="fraction of the peak that the cosine ends at (GPT-3: 0.1)"
    )
    warmup_steps: int = Field(
        375, ge=0, description="optimiser steps of linear warm-up (GPT-3: 375 million tokens)"
    )
    weight_decay: float = Field(0.1, ge=0, description="AdamW weight decay (GPT-3: 0.1)")
    micro_batch_tokens: MicroBatchTokens = None
    minimum_copy_accuracy: float | None = Field(
        None,
        ge=0,
        le=1,
        description="share of copying probes the base must answer before the method goes on; null = not a gate",
    )
