"""What the names of types say: buildings, town halls, and what is no unit."""

TOWN_HALLS = {
    "CommandCenter",
    "OrbitalCommand",
    "PlanetaryFortress",
    "Nexus",
    "Hatchery",
    "Lair",
    "Hive",
}
_BUILDINGS = {
    *TOWN_HALLS,
    "Armory",
    "Assimilator",
    "BanelingNest",
    "Barracks",
    "Bunker",
    "CreepTumor",
    "CyberneticsCore",
    "DarkShrine",
    "EngineeringBay",
    "EvolutionChamber",
    "Extractor",
    "Factory",
    "FleetBeacon",
    "Forge",
    "FusionCore",
    "Gateway",
    "GhostAcademy",
    "GreaterSpire",
    "HydraliskDen",
    "InfestationPit",
    "LurkerDen",
    "MissileTurret",
    "NydusCanal",
    "NydusNetwork",
    "PhotonCannon",
    "Pylon",
    "Reactor",
    "Refinery",
    "RoachWarren",
    "RoboticsBay",
    "RoboticsFacility",
    "SensorTower",
    "ShieldBattery",
    "SpawningPool",
    "SpineCrawler",
    "Spire",
    "SporeCrawler",
    "Stargate",
    "Starport",
    "SupplyDepot",
    "TechLab",
    "TemplarArchive",
    "TwilightCouncil",
    "UltraliskCavern",
    "WarpGate",
}
# States of a type, and how later versions of the game call it.
_SUFFIXES = (
    "Burrowed",
    "Flying",
    "Lowered",
    "MP",
    "Queen",
    "Rich",
    "Uprooted",
    "s",
)
# Such as `BarracksTechLab`.
_ADD_ONS = ("TechLab", "Reactor")


def is_building(kind):
    """Whether a type is a building, in whichever state it is."""
    if kind in _BUILDINGS or kind.endswith(_ADD_ONS):
        return True
    return any(
        kind.removesuffix(suffix) in _BUILDINGS
        for suffix in _SUFFIXES
        if kind.endswith(suffix)
    )


def is_unit(kind):
    """Whether a type can be selected: signs on the map cannot."""
    return not kind.startswith("Beacon")
