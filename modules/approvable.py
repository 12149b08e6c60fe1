"""Names of what people approve about modules: an approval keeps the name of its kind."""

INSTALLATION = "module_install"
GRANTS = "module_grants"
PROMOTION = "skill_promotion"
