"""Engine 1, to be read: the round as a Mesa model."""

from abm.agents.company import Company
from abm.agents.gatekeeper import Gatekeeper
from abm.agents.investor import Investor
from abm.agents.market import Market
from abm.agents.model import FundingModel

__all__ = ["Company", "FundingModel", "Gatekeeper", "Investor", "Market"]
