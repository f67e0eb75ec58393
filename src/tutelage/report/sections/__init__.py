"""The page's sections: which figures stand where, what each shows, and how it is to be read."""

from tutelage.report.results import Results
from tutelage.report.sections.judgments import (
    likert_section,
    metadata_section,
    preference_section,
    use_case_section,
)
from tutelage.report.sections.new_against_old import new_against_old_section
from tutelage.report.sections.probes import bias_section, toxicity_section, truthfulness_section
from tutelage.report.sections.reward_model import reward_model_section, scores_section
from tutelage.report.sections.run import data_section, recipe_section, seconds_section
from tutelage.report.sections.section import Section
from tutelage.report.sections.tax import tax_section
from tutelage.report.sections.training import over_optimization_section, training_section


def sections(results: Results) -> list[Section]:
    """Every section this run has numbers for, in the order of the paper; samples are laid out by the page itself."""
    makers = (
        new_against_old_section,
        preference_section,
        use_case_section,
        likert_section,
        metadata_section,
        reward_model_section,
        scores_section,
        training_section,
        over_optimization_section,
        tax_section,
        truthfulness_section,
        toxicity_section,
        bias_section,
        data_section,
        seconds_section,
        recipe_section,
    )
    return [section for maker in makers if (section := maker(results)) is not None]
