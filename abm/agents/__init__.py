"""Agents: the engine to be read, a round as a Mesa model that steps week by week."""

from abm.agents.company import Company
from abm.agents.gatekeeper import Gatekeeper
from abm.agents.investor import Investor
from abm.agents.market import Market
from abm.agents.model import FundingModel

__all__ = ["Company", "FundingModel", "Gatekeeper", "Investor", "Market"]
