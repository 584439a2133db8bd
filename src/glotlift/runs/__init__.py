"""How work is run: folders, atomic saves, resume, configuration, errors, protocols and pages."""
