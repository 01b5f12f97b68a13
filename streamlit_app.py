"""lossopt: experiments on loss functions and optimizers.  `streamlit run streamlit_app.py`"""

import streamlit as st

if __name__ == "__main__":  # for a visitor: Streamlit runs this file as a script
    from lossopt_ui.app import navigation

    navigation.run()
else:  # for the server, which imports it
    from lossopt_ui.config import check

    check.check()  # exits if a setting is wrong

    from lossopt_ui.app import middleware, upkeep

    app = st.App(__file__, lifespan=upkeep.lifespan, middleware=middleware.middleware())
